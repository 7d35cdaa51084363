// When a key that our session holds was handed over to us, and when one may be handed over.
#include "core/group/hand_over_rules.hpp"

#include <catch2/catch_test_macros.hpp>

#include "core/group/move_pace.hpp"
#include "core_observations.hpp"

namespace {

using namespace tenure;
using namespace tenure::core;
using namespace std::chrono_literals;
using test::at;
using test::free_clean;
using test::held_by;

bool passed(const key_observation& before, const key_observation& seen) {
  return passed_directly(before.session, before.create_index, seen);
}

TEST_CASE("another's hold and then ours: handed over, if no claim of ours is open") {
  CHECK(passed(held_by("a", 10), held_by("b", 12)));
  CHECK(judge_hold(true, false) == own_hold::received);
  // A claim with a lost answer may have been carried out after a release that was not seen.
  CHECK(judge_hold(true, true) == own_hold::claimed);
}

TEST_CASE("free and then ours: a claim that was given up, not a hand-over") {
  CHECK_FALSE(passed(free_clean(10), held_by("b", 12)));
  CHECK_FALSE(passed(key_observation(), held_by("b", 12)));
  CHECK(judge_hold(false, false) == own_hold::orphaned);
}

TEST_CASE("a key that was deleted in between may be ours by a claim for a missing key") {
  key_observation made_again = held_by("b", 20);
  made_again.create_index = 19;
  CHECK_FALSE(passed(held_by("a", 10), made_again));
}

TEST_CASE("our own hold, written again, is no hand-over") {
  CHECK_FALSE(passed(held_by("b", 10), held_by("b", 12)));
}

TEST_CASE("a term begins on the answer of a linearizable poll that leaves half of the span") {
  const lease_rules rules(10s, 2s);
  const time_point sent = at(0);
  CHECK(first_proof_of(true, sent, sent + 10ms, rules) == first_proof::answer);
  // The lease ends 9.7 s after the poll was sent.
  CHECK(first_proof_of(true, sent, sent + 4700ms, rules) == first_proof::answer);
  CHECK(first_proof_of(true, sent, sent + 4701ms, rules) == first_proof::read);
  CHECK(first_proof_of(false, sent, sent + 10ms, rules) == first_proof::read);
}

TEST_CASE("with a long stop budget there may be no time to work before the holder has to stop") {
  const lease_rules rules(10s, 6s);
  CHECK(first_proof_of(true, at(0), at(3.6), rules) == first_proof::answer);
  CHECK(first_proof_of(true, at(0), at(3.8), rules) == first_proof::read);
}

TEST_CASE("a holder hands over after its work has stopped, and not within its quarantine") {
  const lease_rules rules(10s, 2s);
  term_lease lease(rules);
  CHECK_FALSE(may_hand_over(lease));
  lease.lock_won(at(0));
  CHECK_FALSE(may_hand_over(lease));
  SECTION("pending, and given up") {
    lease.give_up_lock();
    CHECK_FALSE(may_hand_over(lease));
  }
  SECTION("led, and stopped") {
    lease.begin();
    CHECK_FALSE(may_hand_over(lease));
    CHECK(lease.work_stopped(at(1)));
    CHECK(may_hand_over(lease));
  }
  SECTION("over, and its work runs on") {
    lease.begin();
    lease.check(at(20));
    CHECK(lease.stage() == stage::over);
    CHECK_FALSE(may_hand_over(lease));
    lease.work_stopped(at(21));
    CHECK(may_hand_over(lease));
  }
  SECTION("lost") {
    lease.begin();
    lease.lose(end_reason::key_taken, loss_cause::final, at(1));
    lease.work_stopped(at(2));
    CHECK_FALSE(may_hand_over(lease));
  }
}

TEST_CASE("what a read says after the answer to a hand-over was lost") {
  CHECK(hand_over_state_of(held_by("a", 10), "a", "b") == hand_over_state::again);
  CHECK(hand_over_state_of(held_by("b", 12), "a", "b") == hand_over_state::done);
  CHECK(hand_over_state_of(held_by("c", 12), "a", "b") == hand_over_state::over);
  CHECK(hand_over_state_of(free_clean(12), "a", "b") == hand_over_state::over);
}

TEST_CASE("voluntary moves keep to their rate, in small bursts") {
  move_pace pace(100);
  CHECK(pace.allowed(at(0)) == 0);
  CHECK(pace.next() == time_point::max());
  pace.wanted(true, at(-10));
  CHECK(pace.allowed(at(0)) == 10);
  pace.take(10, at(0));
  CHECK(pace.allowed(at(0)) == 0);
  CHECK(pace.allowed(pace.next()) == 1);
  std::uint32_t moves = 10;
  for (int ms = 1; ms <= 10'000; ++ms) {
    const time_point now = at(ms / 1000.0);
    const std::uint32_t some = pace.allowed(now);
    if (some > 0) pace.take(some, now);
    moves += some;
  }
  CHECK(moves >= 1000);
  CHECK(moves <= 1011);
  // After an idle minute no more than a burst.
  CHECK(pace.allowed(at(70)) == 10);
  pace.take(4, at(70));
  CHECK(pace.allowed(at(70)) == 6);
}

TEST_CASE("a member moves nothing before the plan has wanted it for a while") {
  move_pace pace(100);
  pace.wanted(true, at(0));
  pace.wanted(true, at(0.3));
  CHECK(pace.allowed(at(0.499)) == 0);
  CHECK(pace.next() == at(0.5));
  CHECK(pace.allowed(at(0.5)) == 10);
  // In between it was not wanted: the wait begins again.
  pace.wanted(false, at(0.6));
  pace.wanted(true, at(0.7));
  CHECK(pace.allowed(at(1.1)) == 0);
  CHECK(pace.allowed(at(1.2)) == 10);
}

}  // namespace
