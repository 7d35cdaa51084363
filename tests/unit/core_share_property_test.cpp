// What the plan of a group promises, for thousands of drawn groups.
#include <catch2/catch_test_macros.hpp>
#include <numeric>

#include "core/group/live_plan.hpp"
#include "share_plan_cases.hpp"

namespace {

using namespace tenure::core;
using tenure::test::draw_group;
using tenure::test::fewest_moves;
using tenure::test::group_case;
using tenure::test::true_shares;

/// The pins that count: to members that may lead, and not beyond their capacity.
std::vector<int> valid_pins(const group_case& c, std::vector<bool>& pinned) {
  std::vector<int> pins(c.members.size(), 0);
  pinned.assign(c.keys.size(), false);
  std::vector<std::size_t> order(c.keys.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(order, {}, [&](std::size_t k) { return c.keys[k].order; });
  for (const std::size_t k : order) {
    const member_index to = c.keys[k].pin;
    if (to >= c.members.size() || !c.members[to].may_lead()) continue;
    if (pins[to] == static_cast<int>(c.members[to].capacity)) continue;
    ++pins[to];
    pinned[k] = true;
  }
  return pins;
}

/// Why the plan of that group is not one that may be made; empty if it is.
std::string fault_of(const group_case& c) {
  const share_plan plan = c.plan();
  std::vector<bool> pinned;
  const std::vector<int> pins = valid_pins(c, pinned);
  const std::vector<double> shares = true_shares(c, pins);
  std::vector<int> sizes(c.members.size(), 0);
  std::vector<int> has = pins;
  std::vector<bool> moved(c.keys.size(), false);
  for (const planned_move& move : plan.moves()) {
    const plan_key& key = c.keys[move.key];
    if (moved[move.key]) return "moved twice";
    moved[move.key] = true;
    if (move.to == key.holder) return "moved to where it is";
    const bool held = key.holder < c.members.size();
    if (held == (move.kind == move_kind::claim)) return "a claim of what a member holds";
    if (move.kind != move_kind::hand_over) continue;
    const bool settled = c.members[key.holder].settled && c.members[move.to].settled;
    if (c.members[key.holder].may_lead() && !settled) return "moved by a member not settled";
  }
  int unpinned_moves = 0;
  for (std::uint32_t k = 0; k < c.keys.size(); ++k) {
    const plan_key& key = c.keys[k];
    const member_index target = plan.target(k);
    const bool holder_leads = key.holder < c.members.size() && c.members[key.holder].may_lead();
    if (moved[k] != (target != key.holder)) return "a target without a move";
    if (pinned[k] && target != key.pin) return "a pin not kept";
    if (!pinned[k] && holder_leads) {
      ++has[key.holder];
      unpinned_moves += moved[k] ? 1 : 0;
    }
    if (target == no_member) continue;
    if (!c.members[target].may_lead()) return "a target that must not lead";
    ++sizes[target];
  }
  int total = 0;
  for (std::size_t m = 0; m < c.members.size(); ++m) {
    if (sizes[m] < shares[m] - 1 + 1e-6 || sizes[m] > shares[m] + 1 - 1e-6) {
      return "a size that is not a share rounded";
    }
    if (sizes[m] > static_cast<double>(c.members[m].capacity)) return "over the capacity";
    total += sizes[m];
  }
  const double possible = std::accumulate(shares.begin(), shares.end(), 0.0);
  if (std::abs(total - possible) > 0.5) return "not all led";
  if (unpinned_moves != fewest_moves(shares, has, total)) return "more moves than needed";
  return "";
}

TEST_CASE("every plan has the shares, the pins and the fewest moves") {
  std::mt19937_64 random(20);
  for (int i = 0; i < 4000; ++i) {
    const group_case c = draw_group(random, i % 3 == 0 ? 60 : 12);
    INFO("case " << i << " with " << c.members.size() << " members, " << c.keys.size() << " keys");
    REQUIRE(fault_of(c) == "");
  }
}

TEST_CASE("after any of the moves were executed the plan has the same targets") {
  std::mt19937_64 random(21);
  for (int i = 0; i < 2000; ++i) {
    group_case c = draw_group(random, 40);
    const share_plan first = c.plan();
    std::vector<int> moves(c.keys.size(), 0);
    for (int round = 0; round < 6; ++round) {
      const share_plan now = c.plan();
      INFO("case " << i << ", round " << round);
      for (const planned_move& move : now.moves()) {
        REQUIRE(first.target(move.key) == move.to);
        if (move.kind == move_kind::later || move.kind == move_kind::release) continue;
        if (random() % 3 != 0) continue;
        c.execute(move);
        REQUIRE(++moves[move.key] == 1);
      }
    }
  }
}

TEST_CASE("executed to the end, a plan leaves nothing to move") {
  std::mt19937_64 random(22);
  for (int i = 0; i < 2000; ++i) {
    group_case c = draw_group(random, 40);
    for (plan_member& member : c.members) member.settled = true;
    const share_plan plan = c.plan();
    for (const planned_move& move : plan.moves()) c.execute(move);
    INFO("case " << i);
    REQUIRE(c.plan().moves().empty());
  }
}

TEST_CASE("a live plan that was not made again has the moves of one that is made anew") {
  std::mt19937_64 random(23);
  std::uint64_t changes = 0;
  std::uint64_t made = 0;
  for (int i = 0; i < 300; ++i) {
    group_case c = draw_group(random, 30);
    live_plan live;
    live.set_members(c.members);
    for (std::uint32_t k = 0; k < c.keys.size(); ++k) {
      live.add_key(c.keys[k].order);
      live.set_pin(k, c.keys[k].pin);
      live.set_holder(k, c.keys[k].holder, c.keys[k].free);
    }
    for (int step = 0; step < 40 && !c.keys.empty(); ++step) {
      const auto k = static_cast<std::uint32_t>(random() % c.keys.size());
      const member_index target = live.plan().target(k);
      const bool foreseen = random() % 4 != 0;
      c.keys[k].holder = foreseen && target != no_member
                             ? target
                             : static_cast<member_index>(random() % c.members.size());
      c.keys[k].free = false;
      live.set_holder(k, c.keys[k].holder, false);
      ++changes;
      const share_plan anew = c.plan();
      for (std::uint32_t each = 0; each < c.keys.size(); ++each) {
        INFO("case " << i << ", step " << step);
        REQUIRE(live.plan().target(each) == anew.target(each));
      }
    }
    made += live.made();
  }
  CHECK(made < changes / 2);
}

}  // namespace
