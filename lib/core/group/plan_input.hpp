// What the plan of a group is made from. Each member of the group sees all of it in its watches, so
// each makes the same plan.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

namespace tenure::core {

/// The place of a member in the list of members. All members list them in the same order: by name,
/// then by session.
using member_index = std::uint16_t;
inline constexpr member_index no_member = std::numeric_limits<member_index>::max();

inline constexpr std::uint32_t no_limit = std::numeric_limits<std::uint32_t>::max();
/// Products of weights, capacities and elections fit into 64 bits.
inline constexpr std::uint32_t most_weight = 1'000'000;

class plan_member {
 public:
  std::uint32_t weight = 100;         ///< 0: leads nothing
  std::uint32_t capacity = no_limit;  ///< leads at most this number of elections
  bool draining = false;              ///< leads nothing: it leaves, or an operator drains it
  bool settled = true;  ///< has been a member for its settling time: takes part in voluntary moves

  bool may_lead() const noexcept { return weight > 0 && capacity > 0 && !draining; }
};

/// How far the holder of an election, this process, is with giving it away.
enum class giving : std::uint8_t {
  none,
  asked,    ///< its body was asked, and may be about to return
  stopped,  ///< its term ends or is over: the key leaves this process
};

class plan_key {
 public:
  std::uint64_t order = 0;           ///< plan_order() of the key
  member_index holder = no_member;   ///< no_member: no session holds it, or not one of a member
  member_index pin = no_member;      ///< an operator's wish; no_member: none, or not a member now
  bool free = false;   ///< no session holds it, so it can be claimed
  bool stays = false;  ///< its holder, this process, cannot hand it over now
  giving given = giving::none;
};

/// The place of a key in the plan: a fixed order, unlike that of the keys' texts. Two keys with the
/// same place may be planned in either order, which costs a lost claim.
constexpr std::uint64_t plan_order(std::string_view key) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (const char c : key) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3;
  }
  // Keys differ in their last characters, which FNV-1a mixes least.
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccd;
  hash ^= hash >> 33;
  hash *= 0xc4ceb9fe1a85ec53;
  hash ^= hash >> 33;
  return hash;
}

}  // namespace tenure::core
