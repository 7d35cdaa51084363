// CLOCK_BOOTTIME: the clock of everything that must happen in time, since it also counts while the
// computer is suspended.
#include <time.h>

#include "runtime/clock.hpp"

namespace tenure {

time_point boot_clock::now() noexcept {
  timespec at{};
  ::clock_gettime(CLOCK_BOOTTIME, &at);  // cannot fail with this clock on Linux 2.6.39 and later
  return time_point(std::chrono::seconds(at.tv_sec) + std::chrono::nanoseconds(at.tv_nsec));
}

namespace runtime {
namespace {

class boot_time final : public clock {
 public:
  time_point now() const noexcept override { return boot_clock::now(); }
};

}  // namespace

std::shared_ptr<const clock> system_boot_clock() { return std::make_shared<boot_time>(); }

}  // namespace runtime
}  // namespace tenure
