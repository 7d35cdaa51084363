// Seeded bugs that only few seeds of the simulation find: cases made for their rules do, too.
#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <string>

#include "component/left_member.hpp"
#include "component/notice_fixture.hpp"
#include "core/testing/seeded_bug.hpp"
#include "unit/share_plan_cases.hpp"

namespace {

using namespace tenure;
using namespace tenure::test;
using core::seeded_bug;
using namespace std::chrono_literals;

/// One bug is enabled for as long as this exists.
class with_bug {
 public:
  explicit with_bug(seeded_bug bug) { core::enable_bug(bug); }
  ~with_bug() { core::enable_bug(seeded_bug::none); }
  with_bug(const with_bug&) = delete;
  with_bug& operator=(const with_bug&) = delete;
};

/// A member is dead: two survivors see all of its elections free, or a part of them still held.
/// Whether both plans give each election to the same member.
bool survivors_agree() {
  group_case c;
  c.members.resize(2);
  c.add_keys(30, 0);
  c.add_keys(30, 1);
  c.add_keys(30, core::no_member);
  const core::share_plan all_free = c.plan();
  for (std::size_t k = 60; k < 90; k += 3) c.keys[k].free = false;
  const core::share_plan some_held = c.plan();
  for (std::uint32_t k = 60; k < 90; ++k) {
    if (some_held.target(k) != all_free.target(k)) return false;
  }
  return true;
}

/// A member hands its election back, and its old notice is written again. Whether it leads then,
/// while the other member leads.
bool old_notice_begins_term() {
  noticing n;
  n.a.resign(*n.of_a);
  n.f.rt.run_until_idle();
  REQUIRE(n.of_b->working());
  const std::string path = "/v1/kv/" + n.notice_key();
  const std::string old = n.f.ask("GET", path + "?raw").body;
  n.b.group->next = {n.a.as_recipient("a")};
  n.of_a->stand();
  n.b.resign(*n.of_b);
  REQUIRE(n.f.rt.run_until([&] { return n.of_a->working(); }, 5s));
  n.f.ask("PUT", path, "another");
  n.f.ask("PUT", path, old);
  return n.f.rt.run_until([&] { return n.of_b->working(); }, 3s) && n.of_a->working();
}

}  // namespace

TEST_CASE("found: a plan without the elections of the dead") {
  CHECK(survivors_agree());
  const with_bug enabled(seeded_bug::plan_skips_dead);
  CHECK_FALSE(survivors_agree());
}

TEST_CASE("found: a notice that is believed whatever was seen of its key") {
  CHECK_FALSE(old_notice_begins_term());
  const with_bug enabled(seeded_bug::trust_any_notice);
  CHECK(old_notice_begins_term());
}

TEST_CASE("found: a hand-over to a session that is no member's any more") {
  CHECK(hand_to_left_member().held == 0);
  const with_bug enabled(seeded_bug::hand_over_to_any_session);
  CHECK(hand_to_left_member().held > 0);
}
