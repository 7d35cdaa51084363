// A missing key that a lock-delay keeps from being acquired gets a placeholder.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <vector>

#include "core/candidate/candidate.hpp"
#include "core_observations.hpp"

using namespace tenure;
using namespace tenure::core;
using namespace tenure::test;
using namespace std::chrono_literals;

namespace {

const candidate_rules rules(lease_rules(10s, 2s), 10s, true);

key_observation placeholder_at(std::uint64_t index) {
  key_observation s = free_dirty(index);
  s.create_index = index;
  s.lock_index = 0;
  return s;
}

/// Saw A hold the key, and the key vanish at 1 s.
candidate successor(duration lock_delay = 10s) {
  candidate c(rules);
  c.session_ready("S");
  c.stand();
  c.observe(held_by("A", 9), at(0));
  c.holders_session("A", 10s, lock_delay);
  c.observe(missing(10), at(1));
  return c;
}

/// Has written the placeholder at index 20; the answer arrived at 1.2 s.
candidate placer(duration lock_delay = 10s) {
  candidate c = successor(lock_delay);
  REQUIRE(c.next(at(1)) == action::claim);
  c.claim_refused(claim_refusal::lock_delay, at(1.1), 0);
  REQUIRE(c.next(at(1.1)) == action::place);
  c.placed(surely(placeholder_at(20), at(1.1)), at(1.2));
  return c;
}

}  // namespace

TEST_CASE("a missing key that a lock-delay protects gets a placeholder, and is claimed under it") {
  candidate c = placer();
  REQUIRE(c.next(at(1.2)) == action::wait);
  REQUIRE(c.wake_at(at(1.2)) == at(11));
  REQUIRE(c.next(at(11)) == action::claim);
  CHECK_FALSE(c.next_claim().missing);
  CHECK(c.next_claim().index == 20);
  c.claim_won(surely(held_by("S", 30), at(11)), at(11), 0);
  CHECK(c.starts_at() == at(11.2));  // a span after the placeholder was written
  CHECK(c.next(at(11)) == action::wait);
  CHECK(c.next(at(11.2)) == action::begin);
}

TEST_CASE("the key is soon ours after a short lock-delay, and the quarantine counts as before") {
  candidate c = placer(1ms);
  REQUIRE(c.next(at(1.2)) == action::wait);
  REQUIRE(c.wake_at(at(1.2)) == at(1.3));
  REQUIRE(c.next(at(1.3)) == action::claim);
  c.claim_won(surely(held_by("S", 30), at(1.3)), at(1.3), 0);
  CHECK(c.starts_at() == at(11.2));
}

TEST_CASE("an unknown lock-delay is tried a few times, and no later than at the end of ours") {
  candidate c(rules);
  c.session_ready("S");
  c.stand();
  c.observe(free_dirty(10), at(0));
  std::vector<double> tries;
  double now = 0;
  while (now < 11) {
    REQUIRE(c.next(at(now)) == action::claim);
    c.claim_refused(claim_refusal::lock_delay, at(now), 0);
    const time_point next = c.wake_at(at(now));
    now = std::chrono::duration<double>(next - at(0)).count();
    tries.push_back(now);
  }
  // 0.1 s, then thrice the time that has passed; 10 s is our lock-delay.
  REQUIRE(tries.size() >= 6);
  CHECK(tries[0] < 0.2);
  CHECK(tries[3] < 3);
  CHECK(std::find_if(tries.begin(), tries.end(), [](double t) {
          return t > 9.99 && t < 10.01;
        }) != tries.end());
  CHECK(std::count_if(tries.begin(), tries.end(), [](double t) { return t < 9.9; }) == 5);
}

TEST_CASE("no placeholder for a key that exists, or after another refusal") {
  SECTION("it exists") {
    candidate c = successor();
    c.observe(free_dirty(12), at(1));
    REQUIRE(c.next(at(1)) == action::claim);
    c.claim_refused(claim_refusal::lock_delay, at(1.1), 0);
    CHECK(c.next(at(1.1)) == action::wait);
  }
  SECTION("it is missing, and the claim failed") {
    candidate c = successor();
    REQUIRE(c.next(at(1)) == action::claim);
    c.claim_refused(claim_refusal::failed, at(1.1), 0);
    CHECK(c.next(at(1.1)) == action::wait);
  }
  SECTION("the candidate does not stand any more") {
    candidate c = successor();
    REQUIRE(c.next(at(1)) == action::claim);
    c.withdraw();
    c.claim_refused(claim_refusal::lock_delay, at(1.1), 0);
    CHECK(c.next(at(1.1)) == action::wait);
    CHECK(c.settled());
  }
}

TEST_CASE("the placeholder of another candidate serves as well, from its own first sight") {
  candidate c = successor();
  REQUIRE(c.next(at(1)) == action::claim);
  c.claim_refused(claim_refusal::lock_delay, at(1.1), 0);
  REQUIRE(c.next(at(1.1)) == action::place);
  c.place_refused(at(1.2));
  REQUIRE(c.next(at(1.2)) == action::read);
  c.read_answered(surely(placeholder_at(20), at(1.2)), at(1.3));
  REQUIRE(c.next(at(11.5)) == action::claim);
  CHECK(c.next_claim().index == 20);
  c.claim_won(surely(held_by("S", 30), at(11.5)), at(11.5), 0);
  CHECK(c.starts_at() == at(11.3));
}

TEST_CASE("a placeholder whose answer was lost is read, and used or written again") {
  candidate c = successor();
  REQUIRE(c.next(at(1)) == action::claim);
  c.claim_refused(claim_refusal::lock_delay, at(1.1), 0);
  REQUIRE(c.next(at(1.1)) == action::place);
  c.place_failed(at(1.2), 0);
  REQUIRE(c.next(at(1.2)) == action::wait);
  REQUIRE(c.next(at(1.3)) == action::read);
  SECTION("it is there") {
    c.read_answered(surely(placeholder_at(20), at(1.3)), at(1.4));
    REQUIRE(c.next(at(1.4)) == action::wait);
    REQUIRE(c.next(at(12)) == action::claim);
    CHECK(c.next_claim().index == 20);
  }
  SECTION("it is not") {
    c.read_answered(surely(missing(11), at(1.3)), at(1.4));
    CHECK(c.next(at(1.4)) == action::place);
  }
}

TEST_CASE("a claim with a lost answer is settled by the placeholder") {
  candidate c = successor();
  REQUIRE(c.next(at(1)) == action::claim);
  c.claim_unknown(at(1.1), 0);
  REQUIRE(c.next(at(1.1)) == action::read);
  c.read_answered(surely(missing(11), at(1.1)), at(1.2));
  REQUIRE(c.next(at(1.2)) == action::claim);  // the same one again
  c.claim_refused(claim_refusal::lock_delay, at(1.3), 0);
  CHECK_FALSE(c.settled());
  REQUIRE(c.next(at(1.3)) == action::place);
  c.placed(surely(placeholder_at(20), at(1.3)), at(1.4));
  REQUIRE(c.next(at(12)) == action::claim);
  CHECK(c.next_claim().index == 20);
}

TEST_CASE("a candidate that stands down deletes its placeholder, under its index") {
  candidate c = placer();
  c.withdraw();
  CHECK_FALSE(c.settled());
  REQUIRE(c.next(at(2)) == action::clear);
  CHECK(c.placeholder_index() == 20);
  SECTION("and is settled then") {
    c.cleared(at(2.1));
    CHECK(c.next(at(2.1)) == action::wait);
    CHECK(c.settled());
  }
  SECTION("and leaves it after a failure") {
    c.clear_failed(at(2.1));
    CHECK(c.next(at(2.1)) == action::wait);
    CHECK(c.settled());
  }
  SECTION("but not a key that another candidate has acquired since") {
    c.observe(held_by("B", 25), at(2.1));
    CHECK(c.placeholder_index() == 0);
    c.cleared(at(2.1));
    CHECK(c.settled());
  }
}

TEST_CASE("a candidate replaces the placeholder that another one took away") {
  candidate c = successor();
  REQUIRE(c.next(at(1)) == action::claim);
  c.claim_refused(claim_refusal::lock_delay, at(1.1), 0);
  REQUIRE(c.next(at(1.1)) == action::place);
  c.place_refused(at(1.2));  // the other one was faster
  REQUIRE(c.next(at(1.2)) == action::read);
  c.read_answered(surely(placeholder_at(20), at(1.2)), at(1.3));
  REQUIRE(c.next(at(1.3)) == action::wait);
  c.observe(missing(25), at(5));
  REQUIRE(c.next(at(5)) == action::place);
}

TEST_CASE("a placeholder is deleted by its writer only") {
  candidate c = successor();
  c.observe(placeholder_at(20), at(1.2));
  c.withdraw();
  CHECK(c.settled());
  CHECK(c.next(at(1.2)) == action::wait);
}

TEST_CASE("a placeholder is no clean release, not even for a newcomer") {
  key_history h;
  h.observe(placeholder_at(20), at(0));
  CHECK(h.free());
  CHECK_FALSE(h.clean());
}
