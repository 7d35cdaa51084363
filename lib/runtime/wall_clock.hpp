// The wall clock: only for what people and other programs read as a date. It steps; nothing that
// must not happen too early or too late may depend on it.
#pragma once

#include <cstdint>

namespace tenure::runtime {

/// Microseconds since 1970-01-01 00:00 UTC. Any thread.
std::uint64_t wall_clock_us() noexcept;

}  // namespace tenure::runtime
