// Time as tenure counts it: nanoseconds since the machine was booted, suspended time included.
#pragma once

#include <chrono>

namespace tenure {

/// The clock by which leases are kept: Linux's CLOCK_BOOTTIME. It never steps, and unlike
/// std::chrono::steady_clock it goes on while the machine is suspended, so a lease cannot outlive
/// a closed lid.
struct boot_clock {
  using duration = std::chrono::nanoseconds;  ///< 64 bits: 292 years
  using rep = duration::rep;                  ///< the integer type of a duration
  using period = duration::period;            ///< nanoseconds
  /// Since the boot of the machine.
  using time_point = std::chrono::time_point<boot_clock, duration>;
  static constexpr bool is_steady = true;  ///< it never goes back

  /// The machine's boot clock. Any thread. Simulated runs use their simulated clock and never call
  /// this.
  [[nodiscard]] static time_point now() noexcept;
};

using duration = boot_clock::duration;
using time_point = boot_clock::time_point;

}  // namespace tenure
