// A candidate that gets a key by a hand-over: when its term begins, and what it releases.
#include <catch2/catch_test_macros.hpp>

#include "core_heir.hpp"

using namespace tenure;
using namespace tenure::core;
using namespace tenure::test;
using namespace std::chrono_literals;

// -- the first proof -----------------------------------------------------------------------------

TEST_CASE("a term begins on the answer of a ?consistent poll, and counts from its send time") {
  heir h;
  h.receive(30, 9, 10);
  CHECK(h.c.received());
  REQUIRE(h.c.next(at(10)) == action::begin);
  CHECK(h.c.fence() == 30);
  CHECK(h.c.guard() == 30);
  CHECK(h.c.session() == "S");
  CHECK(h.c.lease().lease_end() == at(18.7));
  CHECK(h.c.proof_due() <= at(12.34));
  CHECK(h.c.next(at(10)) == action::wait);
}

TEST_CASE("a poll that was sent long ago is no first proof: the next proof is, due at once") {
  heir h;
  h.receive(30, 9, 13.8);
  CHECK(h.c.stage() == stage::pending);
  CHECK(h.c.next(at(13.8)) == action::wait);
  REQUIRE(h.c.provable());
  CHECK(h.c.proof_due() <= at(13.8));
  CHECK(h.c.proof_worthwhile(at(13.8)));
  SECTION("and the term counts from it") {
    h.c.proved(30, at(13.8), at(13.9));
    REQUIRE(h.c.next(at(13.9)) == action::begin);
    CHECK(h.c.lease().lease_end() == at(23.5));
  }
  SECTION("and if it fails, a read decides") {
    h.c.proof_failed(30, at(13.9));
    REQUIRE(h.c.next(at(13.9)) == action::read);
    h.c.read_answered(surely(free_dirty(35), at(13.9)), at(14));
    CHECK(h.c.stage() == stage::none);
    CHECK(h.c.held_by().empty());
  }
  SECTION("it is released cleanly if it is not wanted any more") {
    h.c.withdraw();
    REQUIRE(h.c.next(at(13.9)) == action::release);
    CHECK(h.c.next_release(at(13.9)).clean);
    CHECK_FALSE(h.c.next_release(at(13.9)).may_hand_over);
  }
}

TEST_CASE("a poll that is not ?consistent proves nothing: a read comes first") {
  heir h;
  h.c.observe(held_by("S", 30), at(10));
  CHECK(h.c.stage() == stage::none);
  CHECK_FALSE(h.c.settled());
  REQUIRE(h.c.next(at(10)) == action::read);
  SECTION("it shows the same") {
    h.c.read_answered(surely(held_by("S", 30), at(10)), at(10.1));
    REQUIRE(h.c.next(at(10.1)) == action::begin);
    CHECK(h.c.lease().lease_end() == at(19.7));
  }
  SECTION("it fails: again after a pause") {
    h.c.read_failed(at(10.1), 0);
    CHECK(h.c.next(at(10.1)) == action::wait);
    REQUIRE(h.c.next(at(10.2)) == action::read);
    h.c.read_answered(surely(held_by("S", 30), at(10.2)), at(10.3));
    CHECK(h.c.next(at(10.3)) == action::begin);
  }
  SECTION("its answer takes long: the next proof decides, not another read") {
    h.c.read_answered(surely(held_by("S", 30), at(10)), at(16));
    CHECK(h.c.stage() == stage::pending);
    CHECK(h.c.next(at(16)) == action::wait);
    CHECK(h.c.proof_due() <= at(16));
  }
  SECTION("the key went on") {
    h.c.read_answered(surely(held_by("B", 35), at(10)), at(10.1));
    CHECK(h.c.next(at(10.1)) == action::wait);
    CHECK(h.c.settled());
  }
  SECTION("a ?consistent poll comes first") {
    h.c.observe(surely(held_by("S", 30), at(9)), at(10.05));
    CHECK(h.c.stage() == stage::none);  // the read is in flight
    h.c.read_answered(surely(held_by("S", 30), at(10)), at(10.1));
    CHECK(h.c.next(at(10.1)) == action::begin);
  }
}

// -- what is a hand-over -------------------------------------------------------------------------

TEST_CASE("a hold at first sight, or after the key was free, is released uncleanly") {
  candidate c(heir_rules);
  c.session_ready("S");
  c.stand();
  c.set_claims_wait(true);
  SECTION("first sight") {}
  SECTION("it was free") { c.observe(free_clean(10), at(0)); }
  SECTION("it was missing") { c.observe(missing(10), at(0)); }
  SECTION("it was free, after another's hold") {
    c.observe(held_by("A", 8), at(0));
    c.observe(free_clean(10), at(0));
  }
  SECTION("it was deleted and made again") {
    key_observation other = held_by("A", 10);
    other.create_index = 4;
    c.observe(other, at(0));
  }
  SECTION("it was a placeholder") {
    key_observation placeholder = free_dirty(10);
    placeholder.lock_index = 0;
    c.observe(placeholder, at(0));
  }
  c.observe(surely(held_by("S", 30), at(0.5)), at(1));
  REQUIRE(c.next(at(1)) == action::release);
  const release_request r = c.next_release(at(1000));
  CHECK(r.guard == 30);
  CHECK_FALSE(r.clean);
  CHECK_FALSE(r.may_hand_over);
  CHECK_FALSE(c.received());
}

TEST_CASE("a key that was handed over and overwritten since begins no term") {
  heir h;
  SECTION("before it was seen") {
    key_observation over = held_by("S", 31);
    over.lock_index = 0;
    h.c.observe(surely(over, at(9)), at(10));
    REQUIRE(h.c.next(at(10)) == action::release);
    CHECK(h.c.next_release(at(10)).clean);
  }
  SECTION("after it was seen by an answer that is no proof") {
    h.c.observe(held_by("S", 30), at(10));
    REQUIRE(h.c.next(at(10)) == action::read);
    h.c.read_answered(surely(held_by("S", 31), at(10)), at(10.1));
    REQUIRE(h.c.next(at(10.1)) == action::release);
    CHECK_FALSE(h.c.next_release(at(10.1)).clean);
  }
}

TEST_CASE("no term begins at an index that does not exceed all that were seen") {
  candidate c(heir_rules);
  c.session_ready("S");
  c.stand();
  c.observe(held_by("A", 100), at(0));
  SECTION("the indexes began anew") {
    REQUIRE(c.observe(surely(held_by("A", 20), at(1)), at(1)) == observation_order::restarted);
    c.observe(surely(held_by("S", 30), at(1)), at(2));
  }
  SECTION("it is the highest itself") {
    REQUIRE(c.observe(surely(held_by("A", 20), at(1)), at(1)) == observation_order::restarted);
    c.observe(surely(held_by("S", 100), at(1)), at(2));
  }
  CHECK(c.fence_too_low());
  REQUIRE(c.next(at(2)) == action::release);
  CHECK(c.next_release(at(2)).clean);
  c.released(surely(free_clean(c.guard() + 1), at(2)), at(2.1), 0);
  CHECK(c.next(at(2.5)) == action::wait);
  CHECK(c.next(at(7)) == action::claim);
}

TEST_CASE("indexes that exceed the old ones again can be fences") {
  candidate c(heir_rules);
  c.session_ready("S");
  c.stand();
  c.observe(held_by("A", 100), at(0));
  c.observe(surely(held_by("A", 20), at(1)), at(1));
  CHECK(c.fence_too_low());
  c.observe(surely(held_by("S", 101), at(1)), at(2));
  REQUIRE(c.next(at(2)) == action::begin);
  CHECK_FALSE(c.fence_too_low());
}

TEST_CASE("the first observation after a restart of the indexes shows no hand-over") {
  candidate c(heir_rules);
  c.session_ready("S");
  c.stand();
  c.observe(held_by("A", 100), at(0));
  REQUIRE(c.observe(surely(held_by("S", 20), at(1)), at(1)) == observation_order::restarted);
  REQUIRE(c.next(at(1)) == action::release);
  CHECK_FALSE(c.next_release(at(1)).clean);
}

TEST_CASE("after a hand-over no span of an earlier holder counts") {
  heir h;
  h.c.holders_session("A", 60s, 10s);
  h.lead();
  CHECK(h.c.starts_at() == time_point::min());
  h.c.observe(surely(free_dirty(40), at(20)), at(20));  // an operator's release
  h.c.session_gone("S", at(20));
  h.c.work_stopped(at(20));
  h.c.session_ready("S2");
  h.c.set_claims_wait(false);
  while (h.c.next(at(20)) != action::claim) {}
  h.c.claim_won(surely(held_by("S2", 50), at(20)), at(20.1), 0);
  CHECK(h.c.starts_at() == at(30));
}

// -- a key that is not wanted --------------------------------------------------------------------

TEST_CASE("a received key that is not wanted is released cleanly, under its guard") {
  heir h;
  SECTION("the candidate does not stand") { h.c.withdraw(); }
  SECTION("its work of an older term runs on") {
    h.lead();
    h.c.observe(surely(held_by("B", 35), at(11)), at(11));
    REQUIRE(h.c.next(at(11)) == action::stop);
    REQUIRE(h.c.next(at(11)) == action::identify);
    h.c.identified(true, at(11.1));
    REQUIRE(h.c.next(at(11.1)) == action::end);
  }
  h.receive(40, 19, 20);
  REQUIRE(h.c.next(at(20)) == action::release);
  const release_request r = h.c.next_release(at(20));
  CHECK(r.guard == 40);
  CHECK(r.session == "S");
  CHECK(r.clean);
  CHECK_FALSE(r.may_hand_over);
  CHECK_FALSE(h.c.settled());
  h.c.released(surely(free_clean(41), at(20)), at(20.1), 0);
  CHECK(h.c.next(at(20.1)) == action::wait);
  if (h.c.working()) {
    CHECK(h.c.stage() == stage::over);
    CHECK_FALSE(h.c.settled());
    h.c.work_stopped(at(21));
    CHECK(h.c.next(at(21)) == action::wait);
  }
  CHECK(h.c.stage() == stage::none);
  CHECK(h.c.settled());
}

TEST_CASE("within the lease of a lost term whose work runs on the release is not clean") {
  heir h;
  h.lead();
  // An operator deleted the key: another candidate began without a wait, and hands it over.
  h.c.observe(surely(held_by("B", 35), at(11)), at(11));
  REQUIRE(h.c.next(at(11)) == action::stop);
  REQUIRE(h.c.next(at(11)) == action::identify);
  h.c.identified(true, at(11.1));
  REQUIRE(h.c.next(at(11.1)) == action::end);
  REQUIRE(h.c.working());
  h.receive(40, 11.5, 12);
  REQUIRE(h.c.next(at(12)) == action::release);
  CHECK_FALSE(h.c.next_release(at(12)).clean);
  CHECK_FALSE(h.c.next_release(at(12)).may_hand_over);
  SECTION("the same if it is handed over once more") {
    h.c.released(surely(free_dirty(41), at(12)), at(12.1), 0);
    h.c.observe(surely(held_by("B", 45), at(12.2)), at(12.3));
    h.receive(50, 12.4, 12.5);
    REQUIRE(h.c.next(at(12.5)) == action::release);
    CHECK_FALSE(h.c.next_release(at(12.5)).clean);
  }
  SECTION("later it is clean") { CHECK(h.c.next_release(at(19)).clean); }
}

TEST_CASE("the same after the candidate was withdrawn while the first read was in flight") {
  heir h;
  h.c.observe(held_by("S", 30), at(10));
  REQUIRE(h.c.next(at(10)) == action::read);
  h.c.withdraw();
  h.c.read_answered(surely(held_by("S", 30), at(10)), at(10.1));
  REQUIRE(h.c.next(at(10.1)) == action::release);
  CHECK(h.c.next_release(at(10.1)).clean);
}

// -- claims --------------------------------------------------------------------------------------

TEST_CASE("while claims wait a free key is not claimed, and the candidate is not woken for it") {
  candidate c(heir_rules);
  c.session_ready("S");
  c.stand();
  c.set_claims_wait(true);
  c.observe(free_clean(10), at(0));
  CHECK(c.next(at(0)) == action::wait);
  CHECK(c.wake_at(at(0)) == time_point::max());
  c.set_claims_wait(false);
  CHECK(c.next(at(0)) == action::claim);
}

TEST_CASE("while claims wait a missing key gets no placeholder") {
  candidate c(heir_rules);
  c.session_ready("S");
  c.stand();
  c.observe(held_by("A", 8), at(0));
  c.observe(missing(10), at(0));
  REQUIRE(c.next(at(0)) == action::claim);
  c.set_claims_wait(true);
  c.claim_refused(claim_refusal::lock_delay, at(0.1), 0);
  CHECK(c.next(at(0.1)) == action::wait);
  CHECK(c.wake_at(at(0.1)) == time_point::max());
  c.set_claims_wait(false);
  REQUIRE(c.wake_at(at(0.1)) < time_point::max());
  CHECK(c.next(c.wake_at(at(0.1))) == action::claim);
}

TEST_CASE("a claim whose reply was lost is settled while claims wait") {
  candidate c(heir_rules);
  c.session_ready("S");
  c.stand();
  c.observe(free_clean(10), at(0));
  REQUIRE(c.next(at(0)) == action::claim);
  c.claim_unknown(at(1), 0);
  c.set_claims_wait(true);
  REQUIRE(c.next(at(1)) == action::read);
  c.read_answered(surely(free_clean(10), at(1)), at(1.01));
  REQUIRE(c.wake_at(at(1.01)) < time_point::max());
  REQUIRE(c.next(c.wake_at(at(1.01))) == action::claim);
  CHECK(c.next_claim().index == 10);
  c.claim_won(surely(held_by("S", 20), at(2)), at(2), 0);
  CHECK(c.next(at(2)) == action::begin);
}

TEST_CASE("with an open claim our hold is the claim's, whatever was seen before") {
  candidate c(heir_rules);
  c.session_ready("S");
  c.stand();
  c.observe(held_by("A", 8), at(0));
  c.observe(missing(10), at(0));
  REQUIRE(c.next(at(0)) == action::claim);
  SECTION("its reply was lost: a quarantine, which counts from the answer that shows it") {
    c.claim_unknown(at(1), 0);
    c.observe(held_by("B", 20), at(1));
    c.observe(surely(held_by("S", 30), at(0.5)), at(2));
    CHECK_FALSE(c.next(at(2)) == action::begin);
    CHECK(c.stage() == stage::pending);
    CHECK(c.starts_at() == at(12));
  }
  SECTION("it is in flight: its outcome comes first") {
    c.observe(held_by("B", 20), at(1));
    c.observe(surely(held_by("S", 30), at(0.5)), at(2));
    CHECK(c.stage() == stage::none);
    CHECK(c.next(at(2)) == action::wait);
    SECTION("won") {
      c.claim_won(surely(held_by("S", 30), at(0)), at(3), 0);
      CHECK(c.stage() == stage::pending);
      CHECK(c.starts_at() == at(13));
    }
    SECTION("refused: so it was handed over, and a read is the first proof") {
      c.claim_refused(claim_refusal::index_moved, at(3), 0);
      REQUIRE(c.next(at(3)) == action::read);
      c.read_answered(surely(held_by("S", 30), at(3)), at(3.1));
      REQUIRE(c.next(at(3.1)) == action::begin);
      CHECK(c.lease().lease_end() == at(12.7));
    }
    SECTION("the session died") {
      c.claim_refused(claim_refusal::session_invalid, at(3), 0);
      CHECK(c.next(at(3)) == action::wait);
      CHECK(c.settled());
    }
  }
}

TEST_CASE("a claim that a poll of before it was made shows as undone stays open") {
  candidate c(heir_rules);
  c.session_ready("S");
  c.stand();
  c.observe(free_dirty(10), at(0));
  REQUIRE(c.next(at(0)) == action::claim);
  c.claim_unknown(at(1), 0);
  REQUIRE(c.next(at(1)) == action::read);
  c.read_failed(at(1.1), 0);
  // Sent before the claim was made, and answered after its reply was lost.
  c.observe(surely(free_dirty(10), at(-1)), at(1.2));
  CHECK_FALSE(c.settled());
  SECTION("a later state settles it") {
    c.observe(surely(held_by("A", 12), at(-1)), at(1.3));
    REQUIRE(c.next(at(1.5)) == action::read);
    c.read_answered(surely(held_by("A", 12), at(1.5)), at(1.6));
    CHECK(c.settled());
  }
  SECTION("our hold does, with a lease from when the poll was sent") {
    c.observe(surely(held_by("S", 12), at(-1)), at(1.3));
    CHECK(c.stage() == stage::pending);
    CHECK(c.proven_at() == at(-1));
    CHECK(c.starts_at() == at(10));
  }
}
