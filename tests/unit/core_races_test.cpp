// What the simulation found: claims, releases and leaving that race with other clients' writes.
#include <catch2/catch_test_macros.hpp>

#include "core_candidates.hpp"

using namespace tenure;
using namespace tenure::core;
using namespace tenure::test;
using namespace std::chrono_literals;

TEST_CASE("a late claim on a missing key that others held meanwhile waits out its quarantine") {
  candidate c = standing();
  c.observe(missing(10), at(0));
  REQUIRE(c.next(at(0)) == action::claim);
  c.observe(held_by("A", 20), at(1));
  c.observe(missing(30), at(2));
  c.claim_won(surely(held_by("S", 31), at(0)), at(3), 0);
  REQUIRE(c.next(at(3)) == action::wait);
  REQUIRE(c.stage() == stage::pending);
  REQUIRE(c.starts_at() == at(13));
}

TEST_CASE("a claim that wins after a restore waits for the lease of a holder that was seen") {
  candidate c = standing();
  c.observe(free_clean(10), at(0));
  REQUIRE(c.next(at(0)) == action::claim);
  SECTION("made again, as its guard matches again") {
    c.claim_unknown(at(1), 0);
    c.observe(held_by("A", 20), at(1));
    REQUIRE(c.next(at(2)) == action::read);
    c.read_answered(surely(free_clean(10), at(2)), at(2));
    REQUIRE(c.next(at(3)) == action::claim);
    c.claim_won(surely(held_by("S", 40), at(3)), at(3), 0);
  }
  SECTION("in flight meanwhile") {
    c.observe(held_by("A", 20), at(1));
    c.claim_won(surely(held_by("S", 40), at(0)), at(3), 0);
  }
  REQUIRE(c.next(at(3)) == action::wait);
  REQUIRE(c.stage() == stage::pending);
  REQUIRE(c.starts_at() == at(13));
}

TEST_CASE("a claim on a missing key that no other was seen to hold begins at once") {
  candidate c = standing();
  c.observe(missing(10), at(0));
  REQUIRE(c.next(at(0)) == action::claim);
  c.observe(missing(12), at(1));
  c.claim_won(surely(held_by("S", 31), at(0)), at(3), 0);
  REQUIRE(c.next(at(3)) == action::begin);
}

TEST_CASE("a key overwritten before its claim was answered is not settled while it is ours") {
  candidate c = standing();
  c.observe(free_clean(10), at(0));
  REQUIRE(c.next(at(0)) == action::claim);
  c.withdraw();
  key_observation over = held_by("S", 25);
  over.lock_index = 0;
  c.observe(over, at(1));
  c.claim_won(surely(held_by("S", 20), at(0)), at(2), 0);
  REQUIRE_FALSE(c.settled());
  REQUIRE(c.next(at(2)) == action::read);
  c.read_answered(surely(over, at(2)), at(2));
  REQUIRE(c.next(at(2)) == action::release);
  c.released(surely(free_dirty(26), at(2)), at(3), 0);
  REQUIRE(c.settled());
}

TEST_CASE("a lost claim that is found overwritten begins no term") {
  candidate c = standing();
  c.observe(free_clean(10), at(0));
  REQUIRE(c.next(at(0)) == action::claim);
  c.claim_unknown(at(1), 0);
  REQUIRE(c.next(at(2)) == action::read);
  key_observation over = held_by("S", 25);
  over.lock_index = 0;
  c.read_answered(surely(over, at(2)), at(2));
  REQUIRE(c.next(at(2)) == action::release);
}

TEST_CASE("a key that was released by hand, and left empty, is not clean") {
  key_history h;
  h.observe(held_by("A", 10), at(0));
  key_observation by_hand = free_clean(20);
  by_hand.plain = true;
  h.observe(by_hand, at(1));
  REQUIRE_FALSE(h.clean());
  h.observe(held_by("A", 30), at(2));
  h.observe(free_clean(40), at(3));
  REQUIRE(h.clean());
}
