#include "runtime/wall_clock.hpp"

#include <ctime>

namespace tenure::runtime {

std::uint64_t wall_clock_us() noexcept {
  std::timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000U +
         static_cast<std::uint64_t>(now.tv_nsec) / 1'000U;
}

}  // namespace tenure::runtime
