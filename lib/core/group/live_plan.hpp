// The plan of a group that changes all the time. It is made again only if something happened that
// the plan did not foresee: a change of a key that executes a move costs O(1).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/group/plan_input.hpp"
#include "core/group/share_plan.hpp"

namespace tenure::core {

/// What a member has to do by the plan. Places in the list of keys.
class own_part {
 public:
  class hand_over {
   public:
    std::uint32_t key = 0;
    member_index to = no_member;
  };
  std::vector<std::uint32_t> claims;    ///< free, and ours by the plan
  std::vector<std::uint32_t> others;    ///< free, and for others: claim_place() says when
  std::vector<hand_over> hand_overs;
  std::vector<std::uint32_t> releases;  ///< no member has room, and we must not lead them
};

class live_plan {
 public:
  /// All members, in their one order; clears what was known of holders and pins.
  void set_members(std::vector<plan_member> members);
  const std::vector<plan_member>& members() const noexcept { return members_; }

  /// Its place: the next one.
  std::uint32_t add_key(std::uint64_t order);
  /// The last key takes the place of the one that is removed.
  void remove_key(std::uint32_t key);
  const std::vector<plan_key>& keys() const noexcept { return keys_; }

  /// `free`: no session holds it. A holder that is no member is no_member.
  void set_holder(std::uint32_t key, member_index holder, bool free) noexcept;
  void set_pin(std::uint32_t key, member_index pin) noexcept;
  void set_stays(std::uint32_t key, bool stays) noexcept;
  /// For the next plan: the present one has chosen what is given.
  void set_given(std::uint32_t key, giving how_far) noexcept { keys_[key].given = how_far; }

  /// The plan as of now. It is made again only if it is not valid any more.
  const share_plan& plan();
  own_part part_of(member_index who);
  /// How many plans were made.
  std::uint64_t made() const noexcept { return made_; }

 private:
  std::vector<plan_member> members_;
  std::vector<plan_key> keys_;
  share_plan plan_;
  std::uint64_t made_ = 0;
  bool valid_ = false;
};

}  // namespace tenure::core
