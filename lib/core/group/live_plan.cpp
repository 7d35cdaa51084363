#include "core/group/live_plan.hpp"

#include <utility>

#include "core/testing/seeded_bug.hpp"

namespace tenure::core {

void live_plan::set_members(std::vector<plan_member> members) {
  members_ = std::move(members);
  for (plan_key& key : keys_) key.holder = key.pin = no_member;
  valid_ = false;
}

std::uint32_t live_plan::add_key(std::uint64_t order) {
  keys_.push_back(plan_key{.order = order});
  valid_ = false;
  return static_cast<std::uint32_t>(keys_.size() - 1);
}

void live_plan::remove_key(std::uint32_t key) {
  keys_[key] = keys_.back();
  keys_.pop_back();
  valid_ = false;
}

void live_plan::set_holder(std::uint32_t key, member_index holder, bool free) noexcept {
  plan_key& known = keys_[key];
  if (known.holder == holder && known.free == free) return;
  // The plan gives the same target to a key that is free and to one that a dead or foreign session
  // holds; and a key that goes where the plan wants it leaves the rest of the plan as it is.
  const bool foreseen =
      valid_ && !bug_enabled(seeded_bug::plan_skips_dead) &&
      (known.holder == holder || (holder != no_member && holder == plan_.target(key)));
  known.holder = holder;
  known.free = free;
  if (!foreseen) valid_ = false;
}

void live_plan::set_pin(std::uint32_t key, member_index pin) noexcept {
  if (std::exchange(keys_[key].pin, pin) != pin) valid_ = false;
}

void live_plan::set_stays(std::uint32_t key, bool stays) noexcept {
  if (std::exchange(keys_[key].stays, stays) != stays) valid_ = false;
}

const share_plan& live_plan::plan() {
  if (!valid_) {
    plan_ = share_plan(members_, keys_);
    valid_ = true;
    ++made_;
  }
  return plan_;
}

own_part live_plan::part_of(member_index who) {
  own_part part;
  for (const planned_move& move : plan().moves()) {
    const plan_key& key = keys_[move.key];
    const bool ours = key.holder == who;
    switch (move.kind) {
      case move_kind::claim:
        if (key.free) (move.to == who ? part.claims : part.others).push_back(move.key);
        break;
      case move_kind::hand_over:
        if (ours && move.to != who) part.hand_overs.push_back({move.key, move.to});
        break;
      case move_kind::release:
        if (ours) part.releases.push_back(move.key);
        break;
      case move_kind::later:
        break;
    }
  }
  return part;
}

}  // namespace tenure::core
