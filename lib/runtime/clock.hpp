// The clock seam: production reads CLOCK_BOOTTIME, a simulation its virtual time.
#pragma once

#include <memory>
#include <tenure/time.hpp>

namespace tenure::runtime {

class clock {
 public:
  virtual ~clock() = default;
  /// Any thread.
  virtual time_point now() const noexcept = 0;
};

/// CLOCK_BOOTTIME. Stateless and shared: a term may outlive the elections object that made it.
std::shared_ptr<const clock> system_boot_clock();

}  // namespace tenure::runtime
