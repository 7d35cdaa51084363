// The plan of a group: which member shall lead each election, and the moves that lead there. Pure,
// and the same at every member that sees the same. Each member executes its own part only: it
// claims the free elections that the plan gives it, and hands over those that it holds and the plan
// gives to others.
//
// Elections without a holder, those that a leaving or drained member holds, and those of members
// with too many, in this order, are matched with the members that have room: settled ones first. So
// a member that has just joined gets elections that have to move anyway, and no other.
//
// Executing moves does not change the rest of the plan: a plan made after any of them were executed
// has the same targets. This is why members that see them at different times agree.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/group/plan_input.hpp"
#include "core/group/shares.hpp"

namespace tenure::core {

enum class move_kind : std::uint8_t {
  claim,      ///< it has no holder: the target claims it, as soon as it is free
  hand_over,  ///< its holder gives it to the target
  later,      ///< the same, not yet: a member has not settled, or the holder cannot now
  release,    ///< its holder must not lead it, and there is no target: it releases it
};

class planned_move {
 public:
  std::uint32_t key = 0;  ///< the place in the list of keys
  member_index to = no_member;
  move_kind kind = move_kind::claim;
};

class share_plan {
 public:
  /// An empty plan, of no members and no keys.
  share_plan() = default;
  /// O(keys + moves x log moves). The lists may be in any order of keys, and have the one order of
  /// members.
  share_plan(std::span<const plan_member> members, std::span<const plan_key> keys);

  /// Who shall lead the key; no_member: no member has room for it.
  member_index target(std::uint32_t key) const noexcept { return targets_[key]; }
  const std::vector<member_share>& shares() const noexcept { return shares_; }
  const std::vector<planned_move>& moves() const noexcept { return moves_; }

 private:
  class maker;
  std::vector<member_index> targets_;
  std::vector<member_share> shares_;
  std::vector<planned_move> moves_;
};

/// Whose turn it is to claim a free key that its target does not claim: 0 for the target, 1 for the
/// member that tries after one handicap, and so on; nothing for a member that may not lead. All
/// members have different places, and the second places of a target's keys are spread over all.
std::optional<std::uint32_t> claim_place(std::span<const plan_member> members, member_index who,
                                         const plan_key& key, member_index target) noexcept;

}  // namespace tenure::core
