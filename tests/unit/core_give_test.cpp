// A candidate that hands its key over.
#include <catch2/catch_test_macros.hpp>

#include "core_heir.hpp"

using namespace tenure;
using namespace tenure::core;
using namespace tenure::test;
using namespace std::chrono_literals;

TEST_CASE("a term that ended and whose work has stopped may hand its key over") {
  heir h;
  h.lead();
  h.c.request_hand_over(true);
  CHECK(h.c.lease().hand_over_requested());
  h.c.work_stopped(at(11));
  REQUIRE(h.c.next(at(11)) == action::end);
  CHECK(h.c.lease().reason() == end_reason::handed_over);
  CHECK(h.c.lease().lease_end() == time_point::min());
  REQUIRE(h.c.next(at(11)) == action::release);
  const release_request r = h.c.next_release(at(11));
  CHECK(r.may_hand_over);
  CHECK(r.clean);
  CHECK(r.guard == 30);
  h.c.handed_over(surely(held_by("B", 40), at(11)), at(11.1));
  CHECK(h.c.next(at(11.1)) == action::wait);
  CHECK(h.c.settled());
  SECTION("and may get it back") {
    h.receive(50, 11.5, 12);
    REQUIRE(h.c.next(at(12)) == action::begin);
    CHECK(h.c.fence() == 50);
    CHECK_FALSE(h.c.lease().hand_over_requested());
  }
}

TEST_CASE("the reason of an end is a hand-over only if one is requested when the body returns") {
  heir h;
  h.lead();
  end_reason expected = end_reason::resigned;
  double returns = 18;
  SECTION("none was") { returns = 11; }
  SECTION("it was withdrawn") {
    returns = 11;
    h.c.request_hand_over(true);
    h.c.request_hand_over(false);
  }
  SECTION("the process shuts down") {
    h.c.request_hand_over(true);
    h.c.request_stop(end_reason::shut_down, at(10.5));
    CHECK_FALSE(h.c.lease().hand_over_requested());
    REQUIRE(h.c.next(at(10.5)) == action::stop);
    expected = end_reason::shut_down;
  }
  SECTION("the lease ends first") {
    h.c.request_hand_over(true);
    REQUIRE(h.c.next(at(17)) == action::stop);
    expected = end_reason::expired;
  }
  SECTION("the key is lost first") {
    h.c.request_hand_over(true);
    h.c.observe(surely(held_by("B", 35), at(10.5)), at(10.5));
    REQUIRE(h.c.next(at(10.5)) == action::stop);
    REQUIRE(h.c.next(at(10.5)) == action::identify);
    h.c.identified(true, at(10.6));
    expected = end_reason::key_taken;
  }
  h.c.work_stopped(at(returns));
  REQUIRE(h.c.next(at(returns)) == action::end);
  CHECK(h.c.lease().reason() == expected);
}

TEST_CASE("a request before the term begins does not count for it") {
  heir h;
  h.c.request_hand_over(true);
  h.lead();
  CHECK_FALSE(h.c.lease().hand_over_requested());
}

TEST_CASE("a key that is held within a quarantine is not handed over") {
  candidate c(heir_rules);
  c.session_ready("S");
  c.stand();
  c.observe(free_dirty(10), at(0));
  REQUIRE(c.next(at(0)) == action::claim);
  c.claim_won(surely(held_by("S", 20), at(0)), at(0.1), 0);
  c.withdraw();
  REQUIRE(c.next(at(1)) == action::release);
  CHECK_FALSE(c.next_release(at(1)).may_hand_over);
  CHECK_FALSE(c.next_release(at(30)).may_hand_over);  // over, but no term has shown that
}

TEST_CASE("a key is not handed over while the work of its term runs on") {
  heir h;
  h.lead();
  REQUIRE(h.c.next(at(17)) == action::stop);
  REQUIRE(h.c.next(at(19)) == action::end);
  CHECK(h.c.next(at(30)) == action::wait);
  CHECK_FALSE(h.c.next_release(at(30)).may_hand_over);
  h.c.work_stopped(at(31));
  REQUIRE(h.c.next(at(31)) == action::release);
  CHECK(h.c.next_release(at(31)).may_hand_over);
}

TEST_CASE("a hand-over without an answer is repeated under the same guard until a read decides") {
  heir h;
  h.lead();
  h.end(11);
  h.c.release_failed(at(12), 0);
  CHECK(h.c.next(at(12)) == action::wait);
  REQUIRE(h.c.next(at(12.1)) == action::release);
  CHECK(h.c.next_release(at(12.1)).guard == 30);
  h.c.release_missed(at(12.2));
  REQUIRE(h.c.next(at(12.2)) == action::read);
  SECTION("it was done") {
    h.c.read_answered(surely(held_by("B", 40), at(12.2)), at(12.3));
    CHECK(h.c.next(at(12.3)) == action::wait);
    CHECK(h.c.settled());
  }
  SECTION("the key is held by another, or free: over") {
    h.c.read_answered(surely(free_dirty(40), at(12.2)), at(12.3));
    CHECK(h.c.held_by().empty());
    CHECK(h.c.settled());
  }
  SECTION("it is ours, at another index: again") {
    h.c.read_answered(surely(held_by("S", 40), at(12.2)), at(12.3));
    REQUIRE(h.c.next(at(12.3)) == action::release);
    CHECK(h.c.next_release(at(12.3)).guard == 40);
    CHECK(h.c.next_release(at(12.3)).may_hand_over);
  }
  SECTION("it is ours, at the same index: again") {
    h.c.read_answered(surely(held_by("S", 30), at(12.2)), at(12.3));
    REQUIRE(h.c.next(at(12.3)) == action::release);
    CHECK(h.c.next_release(at(12.3)).guard == 30);
  }
}

TEST_CASE("the watch may show a hand-over before its answer arrives") {
  heir h;
  h.lead();
  h.end(11);
  h.c.observe(surely(held_by("B", 40), at(10.5)), at(11.1));
  h.c.holders_session("B", 60s, 10s);
  CHECK(h.c.next(at(11.1)) == action::wait);
  SECTION("the span of the new holder counts") {
    h.c.handed_over(surely(held_by("B", 40), at(11)), at(11.2));
    h.c.set_claims_wait(false);
    h.c.observe(surely(free_dirty(50), at(12)), at(12));
    REQUIRE(h.c.next(at(12)) == action::claim);
    h.c.claim_won(surely(held_by("S", 60), at(12)), at(12.1), 0);
    CHECK(h.c.starts_at() == at(72));
  }
  SECTION("and that it was handed back, which waits for that answer") {
    h.receive(50, 11.15, 11.2);
    CHECK(h.c.next(at(11.2)) == action::wait);
    h.c.handed_over(surely(held_by("B", 40), at(11)), at(11.3));
    REQUIRE(h.c.next(at(11.3)) == action::read);
    h.c.read_answered(surely(held_by("S", 50), at(11.3)), at(11.4));
    REQUIRE(h.c.next(at(11.4)) == action::begin);
    CHECK(h.c.fence() == 50);
  }
}

TEST_CASE("a key that was handed back before anything else was seen is given up again") {
  heir h;
  h.lead();
  h.end(11);
  h.receive(50, 11.1, 11.2);
  SECTION("after a hand-over") {
    h.c.handed_over(surely(held_by("B", 40), at(11)), at(11.3));
  }
  SECTION("after a release") {
    h.c.released(surely(free_clean(40), at(11)), at(11.3), 0);
  }
  REQUIRE(h.c.next(at(11.3)) == action::release);
  CHECK(h.c.next_release(at(11.3)).guard == 50);
  CHECK(h.c.next_release(at(11.3)).clean);
}

TEST_CASE("a session that dies takes everything with it") {
  heir h;
  SECTION("before the first proof") {
    h.receive(30, 0, 20);
    REQUIRE(h.c.stage() == stage::pending);
  }
  SECTION("while a read is in flight") {
    h.c.observe(held_by("S", 30), at(20));
    REQUIRE(h.c.next(at(20)) == action::read);
  }
  h.c.session_gone("S", at(20));
  h.c.session_ready("S2");
  if (h.c.busy()) h.c.read_answered(surely(held_by("S", 30), at(20)), at(20.1));
  CHECK(h.c.next(at(20.1)) == action::wait);
  CHECK(h.c.held_by().empty());
  CHECK(h.c.settled());
}
