// The wall clock, only for dates that people and other programs read. It may be set forwards and
// backwards: no deadline may depend on it.
#pragma once

#include <cstdint>

namespace tenure::runtime {

/// Microseconds since 1970-01-01 00:00 UTC. Any thread.
std::uint64_t wall_clock_us() noexcept;

}  // namespace tenure::runtime
