// What a candidate makes of refusals, lost replies, and answers that are about something else: an
// older term, another session, a key that has changed since.
#include <catch2/catch_test_macros.hpp>

#include "core_candidates.hpp"

using namespace tenure;
using namespace tenure::core;
using namespace tenure::test;
using namespace std::chrono_literals;

TEST_CASE("a repeated claim that fails stays open if the reply of the first was lost") {
  candidate c = standing();
  c.observe(free_clean(10), at(0));
  REQUIRE(c.next(at(0)) == action::claim);
  SECTION("one without a lost reply is over") {
    c.claim_refused(claim_refusal::failed, at(0.1), 0);
    c.withdraw();
    CHECK(c.settled());
  }
  SECTION("one with a lost reply is made again under its condition, until an answer settles it") {
    c.claim_unknown(at(0.1), 0);
    REQUIRE(c.next(at(0.1)) == action::read);
    c.read_answered(surely(free_clean(10), at(0.1)), at(0.2));
    REQUIRE(c.next(at(1)) == action::claim);
    c.claim_refused(claim_refusal::failed, at(1), 0);
    c.withdraw();
    CHECK_FALSE(c.settled());
    REQUIRE(c.next(at(10)) == action::claim);
    CHECK(c.next_claim().index == 10);
    c.claim_refused(claim_refusal::index_moved, at(10), 0);
    CHECK_FALSE(c.settled());
    REQUIRE(c.next(at(10)) == action::read);
    c.read_answered(surely(free_clean(12), at(10)), at(10));
    CHECK(c.settled());
  }
}

TEST_CASE("after a clean release a lock-delay is tried again after pauses that double") {
  candidate c = standing();
  c.observe(free_clean(10), at(0));
  REQUIRE(c.next(at(0)) == action::claim);
  c.claim_refused(claim_refusal::lock_delay, at(0), 0);
  CHECK(c.next(at(0)) == action::wait);
  CHECK(c.wake_at(at(0)) == at(0.1));
  REQUIRE(c.next(at(0.1)) == action::claim);
  c.claim_refused(claim_refusal::lock_delay, at(0.1), 0);
  CHECK(c.wake_at(at(0.1)) == at(0.3));
}

TEST_CASE("a former holder's session tells of its span, and not of the lock-delay in force") {
  candidate c = standing();
  c.observe(held_by("A", 10), at(0));
  c.observe(held_by("B", 12), at(1));
  time_point again;
  SECTION("the former holder") {
    c.holders_session("A", 30s, 60s);
    again = at(2.1);  // unknown: a first try
  }
  SECTION("the last holder") {
    c.holders_session("B", 30s, 60s);
    again = at(12);  // as long as ours, which a server may have taken instead
  }
  c.observe(free_dirty(13), at(2));
  REQUIRE(c.next(at(2)) == action::claim);
  c.claim_refused(claim_refusal::lock_delay, at(2), 0);
  CHECK(c.wake_at(at(2)) == again);
  REQUIRE(c.next(at(40)) == action::claim);
  c.claim_won(surely(held_by("S", 20), at(40)), at(40), 0);
  CHECK(c.starts_at() == at(32));  // the span of either counts
}

TEST_CASE("the end of another session leaves the term alone") {
  candidate c = leading();
  c.session_gone("OLD", at(1));
  CHECK(c.stage() == stage::leading);
  CHECK(c.session() == session_id("S"));
  CHECK(c.next(at(1)) == action::wait);
  c.session_gone("S", at(1));
  CHECK(c.next(at(1)) == action::stop);
  CHECK(c.lease().reason() == end_reason::session_lost);
}

TEST_CASE("a proclaim of an older term changes nothing of this one") {
  candidate c = leading();
  c.proclaim_begun(19);
  CHECK(c.provable());
  c.proclaim_begun(20);
  CHECK_FALSE(c.provable());
  c.proclaim_ended(19);
  CHECK_FALSE(c.provable());
  c.proclaimed(19, surely(held_by("S", 30), at(1)), at(1));
  CHECK(c.guard() == 20);
  c.proclaim_ended(20);
  CHECK(c.provable());
}

TEST_CASE("a proclaim that was overtaken by a newer write is followed by a read") {
  candidate c = leading();
  c.proclaim_begun(20);
  c.observe(held_by("S", 25), at(1.5));
  CHECK(c.stage() == stage::leading);  // perhaps by our own hand
  c.proclaimed(20, surely(held_by("S", 22), at(1)), at(2));
  CHECK(c.guard() == 20);
  CHECK(c.next(at(2)) == action::read);
  c.proclaim_ended(20);
  c.read_answered(surely(held_by("S", 25), at(2)), at(2.1));
  CHECK(c.next(at(2.1)) == action::stop);
  CHECK(c.lease().reason() == end_reason::overwritten);
}

TEST_CASE("a stop that comes after the lease has ended does not rename its end") {
  candidate c = leading();
  c.request_stop(end_reason::shut_down, at(10));
  CHECK(c.stage() == stage::over);
  CHECK(c.lease().reason() == end_reason::expired);
  CHECK(c.next(at(10)) == action::stop);
  CHECK(c.next(at(10)) == action::end);
  CHECK(c.next(at(10)) == action::wait);  // the work runs on, and the key stays ours
  c.work_stopped(at(11));
  CHECK(c.next(at(11)) == action::release);
  CHECK(c.next_release(at(11)).guard == 20);
}
