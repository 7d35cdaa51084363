// A boot clock that is always wrong: it has an offset and runs at its own rate, but never steps.
#pragma once

#include <cstdint>
#include <tenure/time.hpp>

#include "runtime/clock.hpp"
#include "sim/world.hpp"

namespace tenure::sim {

/// local = offset + true x (1 + rate)
class skewed_clock final : public runtime::clock {
 public:
  skewed_clock(const world& its_world, duration offset, std::int64_t rate_ppm)
      : world_(its_world), offset_(offset), rate_ppm_(rate_ppm) {}

  time_point now() const noexcept override { return local(world_.now()); }
  time_point local(time_point true_time) const noexcept;
  /// The first true instant at which the clock shows that time or a later one.
  time_point to_true(time_point local_time) const noexcept;
  std::int64_t rate_ppm() const noexcept { return rate_ppm_; }

 private:
  const world& world_;
  duration offset_;
  std::int64_t rate_ppm_;
};

}  // namespace tenure::sim
