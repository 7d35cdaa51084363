#include "core/group/share_plan.hpp"

#include <algorithm>
#include <utility>

#include "core/testing/seeded_bug.hpp"

namespace tenure::core {

class share_plan::maker {
 public:
  maker(share_plan& plan, std::span<const plan_member> members, std::span<const plan_key> keys)
      : plan_(plan),
        members_(members),
        keys_(keys),
        holdings_(members.size()),
        held_(members.size()) {}

  void run() {
    plan_.targets_.assign(keys_.size(), no_member);
    sort_out_keys();
    plan_.shares_ = divide_elections(members_, holdings_,
                                     static_cast<std::uint32_t>(keys_.size()) - left_out_);
    move_pinned();
    list_room();
    for (const std::uint32_t key : in_order(unheld_)) assign(key, move_kind::claim);
    for (member_index m = 0; m < members_.size(); ++m) {
      if (!members_[m].may_lead()) give(m, held_[m].size());
    }
    for (const bool settled : {true, false}) {
      for (member_index m = 0; m < members_.size(); ++m) {
        if (members_[m].may_lead() && members_[m].settled == settled) give(m, excess(m));
      }
    }
  }

 private:
  using key_list = std::vector<std::uint32_t>;

  bool in_plan(member_index m) const noexcept { return m < members_.size(); }

  /// Who has to lead it because of a pin; no_member: no pin decides.
  member_index pinned_to(const plan_key& key) const noexcept {
    return in_plan(key.pin) && members_[key.pin].may_lead() ? key.pin : no_member;
  }

  void sort_out_keys() {
    for (std::uint32_t k = 0; k < keys_.size(); ++k) {
      if (pinned_to(keys_[k]) != no_member) pinned_.push_back(k);
    }
    // More pins than a member can lead: the first of them count, at every member the same ones.
    std::ranges::sort(pinned_, {}, [this](std::uint32_t k) { return keys_[k].order; });
    std::erase_if(pinned_, [this](std::uint32_t k) {
      member_holding& holding = holdings_[keys_[k].pin];
      if (holding.pinned == members_[keys_[k].pin].capacity) return true;
      ++holding.pinned;
      plan_.targets_[k] = keys_[k].pin;
      return false;
    });
    for (std::uint32_t k = 0; k < keys_.size(); ++k) {
      if (plan_.targets_[k] != no_member) continue;
      const member_index holder = keys_[k].holder;
      if (!in_plan(holder)) {
        const bool skip = bug_enabled(seeded_bug::plan_skips_dead) && !keys_[k].free;
        if (skip) ++left_out_;
        if (!skip) unheld_.push_back(k);
        continue;
      }
      plan_.targets_[k] = holder;
      held_[holder].push_back(k);
      ++holdings_[holder].held;
    }
  }

  /// In the order of the plan, and those that their holder cannot hand over at the end.
  bool before(std::uint32_t a, std::uint32_t b) const noexcept {
    if (keys_[a].stays != keys_[b].stays) return keys_[b].stays;
    return keys_[a].order < keys_[b].order;
  }
  key_list in_order(key_list keys) const {
    std::ranges::sort(keys, [this](std::uint32_t a, std::uint32_t b) { return before(a, b); });
    return keys;
  }

  void move_pinned() {
    for (const std::uint32_t k : pinned_) {
      const member_index holder = keys_[k].holder;
      if (holder == keys_[k].pin) continue;
      add_move(k, keys_[k].pin, in_plan(holder) ? kind_of(k, keys_[k].pin) : move_kind::claim);
    }
  }

  void list_room() {
    for (const bool settled : {true, false}) {
      for (member_index m = 0; m < members_.size(); ++m) {
        const std::uint32_t has = holdings_[m].pinned + holdings_[m].held;
        const std::uint32_t size = plan_.shares_[m].size;
        if (members_[m].settled == settled && has < size) room_.emplace_back(m, size - has);
      }
    }
  }

  std::size_t excess(member_index m) const noexcept {
    const std::uint32_t has = holdings_[m].pinned + holdings_[m].held;
    const std::uint32_t size = plan_.shares_[m].size;
    return has > size ? has - size : 0;
  }

  /// What has begun to move goes on: to begin with others would move more than the plan wants.
  bool given_before(std::uint32_t a, std::uint32_t b) const noexcept {
    if (keys_[a].given != keys_[b].given) return keys_[a].given > keys_[b].given;
    return before(a, b);
  }

  /// The member gives away as many of its elections: those that have begun to move, then the first
  /// in the order of the plan.
  void give(member_index m, std::size_t count) {
    key_list& keys = held_[m];
    const auto first = [this](std::uint32_t a, std::uint32_t b) { return given_before(a, b); };
    const auto end = keys.begin() + static_cast<std::ptrdiff_t>(count);
    if (end != keys.end()) std::ranges::nth_element(keys, end, first);
    keys.erase(end, keys.end());
    for (const std::uint32_t k : in_order(std::move(keys))) assign(k, move_kind::hand_over);
  }

  /// The next room is for this key.
  void assign(std::uint32_t key, move_kind kind) {
    while (next_room_ < room_.size() && room_[next_room_].second == 0) ++next_room_;
    if (next_room_ < room_.size()) {
      auto& [to, room] = room_[next_room_];
      --room;
      add_move(key, to, kind == move_kind::claim ? kind : kind_of(key, to));
    } else if (kind == move_kind::hand_over && must_go(keys_[key].holder)) {
      add_move(key, no_member, move_kind::release);
    }
  }

  bool must_go(member_index holder) const noexcept {
    const member_holding& has = holdings_[holder];
    return !members_[holder].may_lead() || has.pinned + has.held > members_[holder].capacity;
  }

  move_kind kind_of(std::uint32_t key, member_index to) const noexcept {
    const member_index holder = keys_[key].holder;
    const bool voluntary = members_[holder].may_lead();
    const bool settled = (members_[holder].settled && members_[to].settled) ||
                         bug_enabled(seeded_bug::plan_ignores_settling);
    return keys_[key].stays || (voluntary && !settled) ? move_kind::later : move_kind::hand_over;
  }

  void add_move(std::uint32_t key, member_index to, move_kind kind) {
    plan_.targets_[key] = to;
    plan_.moves_.push_back(planned_move{.key = key, .to = to, .kind = kind});
  }

  share_plan& plan_;
  const std::span<const plan_member> members_;
  const std::span<const plan_key> keys_;
  std::vector<member_holding> holdings_;
  std::vector<key_list> held_;  ///< by each member; without those that are pinned
  key_list pinned_;
  key_list unheld_;
  std::vector<std::pair<member_index, std::uint32_t>> room_;
  std::size_t next_room_ = 0;
  std::uint32_t left_out_ = 0;  ///< only by a seeded bug
};

share_plan::share_plan(std::span<const plan_member> members, std::span<const plan_key> keys) {
  maker(*this, members, keys).run();
}

std::optional<std::uint32_t> claim_place(std::span<const plan_member> members, member_index who,
                                         const plan_key& key, member_index target) noexcept {
  if (who == target) return 0;
  if (who >= members.size() || !members[who].may_lead()) return std::nullopt;
  std::uint32_t others = 0;
  std::uint32_t mine = 0;
  for (member_index m = 0; m < members.size(); ++m) {
    if (m == target || !members[m].may_lead()) continue;
    if (m == who) mine = others;
    ++others;
  }
  const auto first = static_cast<std::uint32_t>(key.order % others);
  return 1 + (mine + others - first) % others;
}

}  // namespace tenure::core
