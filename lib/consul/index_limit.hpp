// What counts as an index of Consul.
#pragma once

#include <cstdint>

namespace tenure::consul {

/// An index above this one is not Consul's: raft counts its log from 1. After an answer with a
/// higher one, no true index would count as newer.
inline constexpr std::uint64_t highest_index = 0x7fff'ffff'ffff'ffff;

}  // namespace tenure::consul
