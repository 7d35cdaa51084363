// The plan of a group, case by case.
#include "core/group/share_plan.hpp"

#include <catch2/catch_test_macros.hpp>
#include <set>

#include "core/group/live_plan.hpp"
#include "share_plan_cases.hpp"

namespace {

using namespace tenure::core;
using tenure::test::count_moves;
using tenure::test::group_case;

group_case group_of(std::size_t members) {
  group_case c;
  c.members.resize(members);
  return c;
}

TEST_CASE("at a cold start each member claims its share, and no key has two claimants") {
  group_case c = group_of(3);
  c.add_keys(10, no_member);
  const share_plan plan = c.plan();
  CHECK(plan.moves().size() == 10);
  CHECK(count_moves(plan, move_kind::claim) == 10);
  c.execute_all(move_kind::claim);
  CHECK(c.led() == std::vector<int>{4, 3, 3});
  CHECK(c.plan().moves().empty());
}

TEST_CASE("a joining member takes its share from those with too much, and from no other") {
  group_case c = group_of(4);
  c.add_keys(1500, 0);
  c.add_keys(1000, 1);
  c.add_keys(500, 2);
  const share_plan plan = c.plan();
  // 750 each: the third lacks 250 and the fourth all of them.
  CHECK(plan.moves().size() == 1000);
  for (const planned_move& move : plan.moves()) {
    CHECK(c.keys[move.key].holder < 2);
    CHECK(move.to >= 2);
    CHECK(move.kind == move_kind::hand_over);
  }
  c.execute_all(move_kind::hand_over);
  CHECK(c.led() == std::vector<int>{750, 750, 750, 750});
}

TEST_CASE("a share of a fraction is rounded to what the member leads already") {
  group_case c = group_of(3);
  c.add_keys(33, 0);
  c.add_keys(33, 1);
  c.add_keys(34, 2);
  CHECK(c.plan().moves().empty());
  c.keys.pop_back();
  CHECK(c.plan().moves().empty());
  c.add_keys(1, 1);
  CHECK(c.plan().moves().empty());
  c.add_keys(1, 1);
  // 35 of 101: one too many.
  CHECK(c.plan().moves().size() == 1);
}

TEST_CASE("the elections of a killed member go to the survivors evenly") {
  group_case c = group_of(2);  // of three: the dead one is in no list any more
  c.add_keys(1000, 0);
  c.add_keys(1000, 1);
  c.add_keys(1000, no_member);
  // The survivors see them free one prefix after another: it does not matter which.
  const share_plan whole = c.plan();
  for (std::size_t k = 2000; k < 3000; k += 3) c.keys[k].free = false;
  const share_plan part = c.plan();
  std::vector<int> claims(2, 0);
  for (std::uint32_t k = 2000; k < 3000; ++k) {
    CHECK(part.target(k) == whole.target(k));
    ++claims[whole.target(k)];
  }
  CHECK(claims == std::vector<int>{500, 500});
}

TEST_CASE("weights: a member with twice the weight leads twice the elections, one with 0 none") {
  group_case c = group_of(3);
  c.members[0].weight = 200;
  c.members[2].weight = 0;
  c.add_keys(90, 2);
  const share_plan plan = c.plan();
  CHECK(plan.shares()[0].size == 60);
  CHECK(plan.shares()[1].size == 30);
  CHECK(count_moves(plan, move_kind::hand_over) == 90);
}

TEST_CASE("a full member leaves the rest to the others by their weights") {
  group_case c = group_of(3);
  c.members[0].capacity = 10;
  c.members[1].weight = 200;
  c.add_keys(100, no_member);
  const share_plan plan = c.plan();
  CHECK(plan.shares()[0].size == 10);
  CHECK(plan.shares()[1].size == 60);
  CHECK(plan.shares()[2].size == 30);
}

TEST_CASE("without capacity for all, the rest has no leader, and an over-full member lets go") {
  group_case c = group_of(2);
  c.members[0].capacity = c.members[1].capacity = 10;
  c.add_keys(15, 0);
  c.add_keys(10, 1);
  const share_plan plan = c.plan();
  CHECK(plan.moves().size() == 5);
  CHECK(count_moves(plan, move_kind::release) == 5);
  for (const planned_move& move : plan.moves()) CHECK(plan.target(move.key) == no_member);
  c.execute_all(move_kind::release);
  CHECK(c.plan().moves().empty());  // and no member claims them
}

TEST_CASE("a drained member hands over everything; alone it lets go") {
  group_case c = group_of(3);
  c.members[1].draining = true;
  for (member_index m = 0; m < 3; ++m) c.add_keys(10, m);
  c.execute_all(move_kind::hand_over);
  CHECK(c.led() == std::vector<int>{15, 0, 15});
  c.members[0].draining = c.members[2].draining = true;
  CHECK(count_moves(c.plan(), move_kind::release) == 30);
}

TEST_CASE("a pin moves its election, and counts as one of its member's share") {
  group_case c = group_of(2);
  c.add_keys(10, 0);
  c.add_keys(10, 1);
  c.keys[3].pin = 1;
  const share_plan plan = c.plan();
  CHECK(plan.target(3) == 1);
  // An unpinned election goes back for it.
  CHECK(count_moves(plan, move_kind::hand_over) == 2);
  c.execute_all(move_kind::hand_over);
  CHECK(c.led() == std::vector<int>{10, 10});
  CHECK(c.keys[3].holder == 1);
  CHECK(c.plan().moves().empty());
}

TEST_CASE("more pins than a share: the others divide the rest; a pin to a drained member rests") {
  group_case c = group_of(3);
  c.add_keys(30, 0);
  for (int k = 0; k < 20; ++k) c.keys[static_cast<std::size_t>(k)].pin = 2;
  share_plan plan = c.plan();
  CHECK(plan.shares()[2].size == 20);
  CHECK(plan.shares()[0].size == 5);
  CHECK(plan.shares()[1].size == 5);
  c.members[2].draining = true;
  plan = c.plan();
  CHECK(plan.shares()[0].size == 15);
  CHECK(plan.shares()[1].size == 15);
}

TEST_CASE("a member that has not settled neither gives nor gets, except what has to move anyway") {
  group_case c = group_of(3);
  c.members[2].settled = false;
  c.add_keys(30, 0);
  c.add_keys(30, 1);
  const share_plan joined = c.plan();
  CHECK(joined.moves().size() == 20);
  CHECK(count_moves(joined, move_kind::later) == 20);

  SECTION("settled, it gets its share") {
    c.members[2].settled = true;
    c.execute_all(move_kind::hand_over);
    CHECK(c.led() == std::vector<int>{20, 20, 20});
  }
  SECTION("gone again, nothing has moved") {
    c.members.pop_back();
    CHECK(c.plan().moves().empty());
  }
  SECTION("it takes over from a member that leaves") {
    c.members[1].draining = true;
    c.execute_all(move_kind::hand_over);
    CHECK(c.led() == std::vector<int>{30, 0, 30});
  }
  SECTION("free elections are claimed, by it too") {
    c.add_keys(30, no_member);
    c.execute_all(move_kind::claim);
    CHECK(c.led() == std::vector<int>{30, 30, 30});
  }
  SECTION("it keeps what it leads beyond its share") {
    c.add_keys(60, 2);
    const share_plan plan = c.plan();
    CHECK(count_moves(plan, move_kind::hand_over) == 0);
    CHECK(count_moves(plan, move_kind::later) == 20);
  }
}

TEST_CASE("a settled member with room comes before one that has just joined") {
  group_case c = group_of(3);
  c.members[1].settled = false;
  c.add_keys(60, 0);
  const share_plan plan = c.plan();
  CHECK(count_moves(plan, move_kind::hand_over) == 20);
  for (const planned_move& move : plan.moves()) {
    CHECK((move.to == 2) == (move.kind == move_kind::hand_over));
  }
}

TEST_CASE("an election that cannot be handed over now is spared; another goes in its place") {
  group_case c = group_of(2);
  c.add_keys(20, 0);
  const share_plan first = c.plan();
  for (const planned_move& move : first.moves()) c.keys[move.key].stays = true;
  const share_plan second = c.plan();
  CHECK(count_moves(second, move_kind::hand_over) == 10);
  for (const planned_move& move : second.moves()) CHECK_FALSE(c.keys[move.key].stays);
  for (plan_key& key : c.keys) key.stays = true;
  CHECK(count_moves(c.plan(), move_kind::later) == 10);
}

TEST_CASE("elections that have begun to move are those that move in the next plan as well") {
  group_case c = group_of(3);
  c.add_keys(60, 0);
  const share_plan first = c.plan();
  REQUIRE(count_moves(first, move_kind::hand_over) == 40);
  for (const planned_move& move : first.moves()) c.keys[move.key].given = giving::asked;
  SECTION("to the same members") {
    const share_plan second = c.plan();
    for (std::uint32_t k = 0; k < 60; ++k) CHECK(second.target(k) == first.target(k));
  }
  SECTION("when others come before them in the order") {
    c.add_keys(12, 0);
    for (std::size_t k = 60; k < 72; ++k) c.keys[k].order = k;
    const share_plan second = c.plan();
    CHECK(count_moves(second, move_kind::hand_over) == 48);
    for (const planned_move& move : first.moves()) CHECK(second.target(move.key) != 0);
  }
  SECTION("when fewer have to move, those whose work has stopped") {
    c.members[0].weight = 300;
    const std::uint32_t stopped = first.moves().back().key;
    c.keys[stopped].given = giving::stopped;
    const share_plan second = c.plan();
    CHECK(count_moves(second, move_kind::hand_over) == 24);
    CHECK(second.target(stopped) != 0);
    for (const planned_move& move : second.moves()) CHECK(first.target(move.key) != 0);
  }
}

TEST_CASE("if the target does not claim, the others try one after the other") {
  group_case c = group_of(6);
  c.members[4].weight = 0;
  c.add_keys(300, no_member);
  std::vector<int> seconds(6, 0);
  for (const plan_key& key : c.keys) {
    std::set<std::uint32_t> places;
    for (member_index m = 0; m < 6; ++m) {
      const auto place = claim_place(c.members, m, key, 2);
      CHECK(place.has_value() == (m != 4));
      if (place) places.insert(*place);
      if (place == 1) ++seconds[m];
    }
    CHECK(places == std::set<std::uint32_t>{0, 1, 2, 3, 4});
  }
  CHECK(seconds[2] == 0);
  for (std::size_t m = 0; m < 6; ++m) CHECK((seconds[m] > 40) == (m != 2 && m != 4));
}

TEST_CASE("a live plan is made again only for what it did not foresee") {
  live_plan live;
  live.set_members(std::vector<plan_member>(3));
  for (int i = 0; i < 90; ++i) live.add_key(plan_order(std::to_string(i)));
  for (std::uint32_t k = 0; k < 90; ++k) live.set_holder(k, no_member, true);
  const own_part first = live.part_of(0);
  CHECK(first.claims.size() == 30);
  CHECK(first.others.size() == 60);
  CHECK(live.made() == 1);
  for (std::uint32_t k = 0; k < 90; ++k) live.set_holder(k, live.plan().target(k), false);
  CHECK(live.part_of(0).claims.empty());
  CHECK(live.part_of(0).others.empty());
  CHECK(live.made() == 1);
  live.set_holder(5, no_member, true);
  CHECK(live.part_of(0).claims.size() + live.part_of(1).claims.size() +
            live.part_of(2).claims.size() == 1);
  CHECK(live.made() == 2);
}

TEST_CASE("empty groups") {
  CHECK(share_plan().moves().empty());
  group_case c;
  c.add_keys(3, no_member);
  CHECK(c.plan().moves().empty());
  CHECK(c.plan().target(0) == no_member);
  CHECK(group_of(3).plan().moves().empty());
}

}  // namespace
