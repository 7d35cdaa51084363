// The limit of descriptors of a process (RLIMIT_NOFILE).
#pragma once

#include <cstdint>

namespace tenure::command {

/// Raises the soft limit of this process to the hard one. Its commands get the limit as it was: a
/// program may close all descriptors up to it, or use select(). Call it before any thread starts.
void raise_descriptor_limit() noexcept;

/// The soft limit before raise_descriptor_limit(); 0 if it was not raised.
std::uint64_t descriptor_limit_of_commands() noexcept;

}  // namespace tenure::command
