#include "core/candidate/candidate.hpp"

#include <catch2/catch_test_macros.hpp>

#include "core_candidates.hpp"

using namespace tenure;
using namespace tenure::core;
using namespace tenure::test;
using namespace std::chrono_literals;

namespace {

class bench {
 public:
  void lead(double t) { test::lead(c, t); }
  void win(std::uint64_t index, double t) {
    c.claim_won(surely(held_by("S", index), at(t)), at(t), 0);
  }

  candidate c = standing();
};

}  // namespace

TEST_CASE("nothing is claimed while the watch shows a holder, or before it shows anything") {
  bench b;
  REQUIRE(b.c.next(at(0)) == action::wait);
  b.c.observe(held_by("A", 10), at(1));
  REQUIRE(b.c.next(at(1)) == action::wait);
}

TEST_CASE("a claim is made on condition of the index at which the key was seen free") {
  bench b;
  b.c.observe(free_clean(10), at(0));
  REQUIRE(b.c.next(at(0)) == action::claim);
  REQUIRE(b.c.next_claim().index == 10);
  REQUIRE_FALSE(b.c.next_claim().missing);
  REQUIRE(b.c.next(at(0)) == action::wait);  // one request at a time
}

TEST_CASE("a missing key is claimed on condition that it is missing") {
  bench b;
  b.c.observe(missing(10), at(0));
  REQUIRE(b.c.next(at(0)) == action::claim);
  REQUIRE(b.c.next_claim().missing);
}

TEST_CASE("an older answer with a holder, while a missing key is claimed: a span passes first") {
  bench b;
  b.c.observe(missing(12), at(0));
  REQUIRE(b.c.next(at(0)) == action::claim);
  b.c.observe(held_by("A", 10), at(1));
  b.win(20, 2);
  REQUIRE(b.c.stage() == stage::pending);
  REQUIRE(b.c.starts_at() == at(12));
}

TEST_CASE("after a clean release the term begins at once, after anything else a span later") {
  bench b;
  SECTION("clean") { b.lead(0); }
  SECTION("the value is left") {
    b.c.observe(held_by("A", 9), at(0));
    b.c.observe(free_dirty(10), at(1));
    REQUIRE(b.c.next(at(1)) == action::claim);
    b.win(20, 2);
    REQUIRE(b.c.next(at(2)) == action::wait);
    REQUIRE(b.c.stage() == stage::pending);
    REQUIRE(b.c.starts_at() == at(11));
    REQUIRE(b.c.wake_at(at(2)) == at(11));
    REQUIRE(b.c.provable());
    b.c.proved(20, at(9), at(9));
    REQUIRE(b.c.next(at(10.999)) == action::wait);
    REQUIRE(b.c.next(at(11)) == action::begin);
  }
  SECTION("the holder's longer span counts") {
    b.c.observe(held_by("A", 9), at(0));
    b.c.holders_session("A", 30s, 10s);
    b.c.observe(free_dirty(10), at(1));
    REQUIRE(b.c.next(at(1)) == action::claim);
    b.win(20, 2);
    REQUIRE(b.c.starts_at() == at(31));
  }
}

TEST_CASE("no term begins on a lease that is about to end") {
  bench b;
  b.c.observe(free_dirty(10), at(0));
  REQUIRE(b.c.next(at(0)) == action::claim);
  b.win(20, 0);
  REQUIRE(b.c.next(at(10)) == action::wait);  // the last proof was sent at 0: stop_at is 7.7
  b.c.proved(20, at(10), at(10.1));
  REQUIRE(b.c.next(at(10.1)) == action::begin);
}

TEST_CASE("a lease counts from the send time of its last proof and ends by the local clock") {
  bench b;
  b.lead(0);
  REQUIRE(b.c.lease().lease_end() == at(9.7));
  REQUIRE(b.c.lease().stop_at() == at(7.7));
  b.c.proved(20, at(3), at(5));
  REQUIRE(b.c.lease().lease_end() == at(12.7));
  b.c.proved(20, at(2), at(5.5));  // an older proof takes nothing back
  REQUIRE(b.c.lease().lease_end() == at(12.7));
  REQUIRE(b.c.next(at(10.6)) == action::wait);
  REQUIRE(b.c.next(at(10.7)) == action::stop);
  REQUIRE(b.c.lease().reason() == end_reason::expired);
  b.c.proved(20, at(10), at(10.8));  // too late: a term that has to stop is not revived
  REQUIRE(b.c.lease().lease_end() == at(12.7));
  REQUIRE(b.c.next(at(12.7)) == action::end);
  REQUIRE(b.c.lease().lease_end() == time_point::min());
}

TEST_CASE("a proof that arrives after the time to stop does not revive the term") {
  bench b;
  b.lead(0);
  b.c.proved(20, at(7), at(8));  // nothing ran between 0 and 8, as in a process that was stopped
  REQUIRE(b.c.stage() == stage::stopping);
  REQUIRE(b.c.lease().lease_end() == at(9.7));
}

TEST_CASE("the key is released only after the work has stopped, under the guard, and cleanly") {
  bench b;
  b.lead(0);
  REQUIRE(b.c.next(at(7.7)) == action::stop);
  REQUIRE(b.c.next(at(7.8)) == action::wait);
  REQUIRE(b.c.next(at(9.7)) == action::end);
  REQUIRE(b.c.next(at(20)) == action::wait);  // it still works
  b.c.work_stopped(at(21));
  REQUIRE(b.c.next(at(21)) == action::release);
  REQUIRE(b.c.next_release(at(21)).guard == 20);
  REQUIRE(b.c.next_release(at(21)).clean);
  b.c.released(surely(free_clean(30), at(21)), at(21), 0);
  REQUIRE(b.c.next(at(21)) == action::wait);  // others first
  REQUIRE(b.c.next(at(21.2)) == action::claim);
}

TEST_CASE("resigning ends the term before the key is released") {
  bench b;
  b.lead(0);
  b.c.work_stopped(at(1));
  REQUIRE(b.c.lease().lease_end() == time_point::min());
  REQUIRE(b.c.next(at(1)) == action::end);
  REQUIRE(b.c.lease().reason() == end_reason::resigned);
  REQUIRE(b.c.next(at(1)) == action::release);
}

TEST_CASE("a candidate that leaves within its quarantine leaves a value") {
  bench b;
  b.c.observe(free_dirty(10), at(0));
  REQUIRE(b.c.next(at(0)) == action::claim);
  b.win(20, 0);
  b.c.withdraw();
  REQUIRE(b.c.next(at(1)) == action::release);
  REQUIRE_FALSE(b.c.next_release(at(1)).clean);
  REQUIRE(b.c.next_release(at(10)).clean);
}

TEST_CASE("a lost key closes the lease at once, and the end names the reason") {
  bench b;
  b.lead(0);
  SECTION("released by another client") {
    b.c.observe(free_dirty(21), at(1));
    REQUIRE(b.c.lease().lease_end() == time_point::min());
    REQUIRE(b.c.next(at(1)) == action::stop);
    REQUIRE(b.c.next(at(1)) == action::identify);
    b.c.identified(true, at(1.1));
    REQUIRE(b.c.next(at(1.1)) == action::end);
    REQUIRE(b.c.lease().reason() == end_reason::key_released);
  }
  SECTION("because the session died") {
    b.c.observe(free_dirty(21), at(1));
    REQUIRE(b.c.next(at(1)) == action::stop);
    REQUIRE(b.c.next(at(1)) == action::identify);
    b.c.identified(false, at(1.1));
    REQUIRE(b.c.next(at(1.1)) == action::end);
    REQUIRE(b.c.lease().reason() == end_reason::session_lost);
  }
  SECTION("and the reason stays unknown") {
    b.c.observe(missing(21), at(1));
    REQUIRE(b.c.next(at(1)) == action::stop);
    REQUIRE(b.c.next(at(1)) == action::identify);
    REQUIRE(b.c.next(at(1.4)) == action::wait);
    REQUIRE(b.c.next(at(1.5)) == action::end);
    REQUIRE(b.c.lease().reason() == end_reason::key_missing);
    b.c.identified(std::nullopt, at(3));
    REQUIRE(b.c.lease().reason() == end_reason::key_missing);
  }
  SECTION("taken by another") {
    b.c.observe(held_by("B", 21), at(1));
    REQUIRE(b.c.next(at(1)) == action::stop);
    REQUIRE(b.c.next(at(1)) == action::identify);
    b.c.identified(true, at(1));
    REQUIRE(b.c.next(at(1)) == action::end);
    REQUIRE(b.c.lease().reason() == end_reason::key_taken);
  }
  SECTION("overwritten: still ours, so it is released at the index of that write") {
    b.c.observe(held_by("S", 21), at(1));
    REQUIRE(b.c.next(at(1)) == action::stop);
    REQUIRE(b.c.next(at(1)) == action::end);
    REQUIRE(b.c.lease().reason() == end_reason::overwritten);
    b.c.work_stopped(at(2));
    REQUIRE(b.c.next(at(2)) == action::release);
    REQUIRE(b.c.next_release(at(2)).guard == 21);
    return;
  }
  SECTION("the session is reported lost") {
    b.c.session_gone("S", at(1));
    REQUIRE(b.c.next(at(1)) == action::stop);
    REQUIRE(b.c.next(at(1)) == action::end);
    REQUIRE(b.c.lease().reason() == end_reason::session_lost);
  }
  // Nothing is released that is not ours, and nothing is claimed before the work has stopped.
  b.c.observe(free_dirty(25), at(50));
  REQUIRE(b.c.next(at(50)) == action::wait);
  b.c.session_ready("S2");
  b.c.work_stopped(at(60));
  REQUIRE(b.c.next(at(60)) == action::claim);
  REQUIRE(b.c.next_claim().session == "S2");
}

TEST_CASE("an old answer of a watch neither ends nor confirms the term: one read follows") {
  bench b;
  b.lead(0);
  b.c.observe(free_clean(10), at(1));
  REQUIRE(b.c.stage() == stage::leading);
  REQUIRE(b.c.next(at(1)) == action::read);
  b.c.read_answered(surely(held_by("S", 20), at(1)), at(1.1));
  REQUIRE(b.c.stage() == stage::leading);
  REQUIRE(b.c.lease().lease_end() == at(10.7));  // such a read is a proof
  REQUIRE(b.c.next(at(1.1)) == action::wait);
}

TEST_CASE("a failed proof is followed by a read, which decides") {
  bench b;
  b.lead(0);
  b.c.proof_failed(20, at(3));
  REQUIRE(b.c.next(at(3)) == action::read);
  b.c.read_answered(surely(held_by("B", 25), at(3)), at(3.1));
  REQUIRE(b.c.next(at(3.1)) == action::stop);
}

TEST_CASE("an answer that names another guard proves nothing") {
  bench b;
  b.lead(0);
  b.c.proved(19, at(3), at(3));
  REQUIRE(b.c.lease().lease_end() == at(9.7));
}

TEST_CASE("after a lost reply the key is read, and the claim adopted or repeated") {
  bench b;
  b.c.observe(free_clean(10), at(0));
  REQUIRE(b.c.next(at(0)) == action::claim);
  b.c.claim_unknown(at(1), 0);
  REQUIRE(b.c.next(at(1)) == action::read);
  SECTION("it was carried out") {
    b.c.read_answered(surely(held_by("S", 20), at(1)), at(1.1));
    REQUIRE(b.c.next(at(1.1)) == action::begin);
    REQUIRE(b.c.fence() == 20);
    REQUIRE(b.c.lease().lease_end() == at(10.7));  // from the read, not from the lost claim
  }
  SECTION("it was not, or not yet: the same claim again, and it fails because it was, late") {
    b.c.read_answered(surely(free_clean(10), at(1)), at(1.01));
    REQUIRE(b.c.next(at(1.01)) == action::wait);  // not at once
    REQUIRE(b.c.next(at(1.1)) == action::claim);
    REQUIRE(b.c.next_claim().index == 10);
    b.c.claim_refused(claim_refusal::index_moved, at(1.2), 0);
    REQUIRE(b.c.next(at(1.2)) == action::read);
    b.c.read_answered(surely(held_by("S", 20), at(1.2)), at(1.3));
    REQUIRE(b.c.next(at(1.3)) == action::begin);
  }
  SECTION("another candidate won") {
    b.c.read_answered(surely(held_by("B", 20), at(1)), at(1.1));
    REQUIRE(b.c.next(at(1.1)) == action::wait);
    REQUIRE(b.c.settled());
  }
  SECTION("the campaign was given up meanwhile: the outcome is found out and the key released") {
    b.c.withdraw();
    REQUIRE_FALSE(b.c.settled());
    b.c.read_answered(surely(free_clean(10), at(1)), at(1.1));
    REQUIRE(b.c.next(at(1.1)) == action::claim);
    b.win(20, 1.2);
    REQUIRE(b.c.next(at(1.2)) == action::release);
    b.c.released(surely(free_clean(21), at(1.2)), at(1.3), 0);
    REQUIRE(b.c.settled());
  }
}

TEST_CASE("a key held by our session without a term or an open claim is released, uncleanly") {
  bench b;
  b.c.observe(held_by("S", 30), at(0));
  REQUIRE(b.c.next(at(0)) == action::release);
  REQUIRE(b.c.next_release(at(0)).guard == 30);
  REQUIRE_FALSE(b.c.next_release(at(0)).clean);
}

TEST_CASE("the watch may show our own acquisition before its answer arrives") {
  bench b;
  b.c.observe(free_clean(10), at(0));
  REQUIRE(b.c.next(at(0)) == action::claim);
  b.c.observe(held_by("S", 20), at(0.1));
  REQUIRE(b.c.next(at(0.1)) == action::wait);
  SECTION("and the answer follows") {
    b.win(20, 0.2);
    REQUIRE(b.c.next(at(0.2)) == action::begin);
    REQUIRE_FALSE(b.c.fence_too_low());
  }
  SECTION("and its loss as well: then no term begins") {
    b.c.observe(free_dirty(21), at(0.15));
    b.c.claim_won(surely(held_by("S", 20), at(0)), at(0.2), 0);
    REQUIRE(b.c.stage() == stage::none);
    REQUIRE(b.c.next(at(0.2)) == action::read);
  }
}

TEST_CASE("a fence that does not exceed every index seen begins no term") {
  bench b;
  b.c.observe(free_clean(100), at(0));
  b.c.observe(surely(free_clean(50), at(1)), at(1.1));
  REQUIRE(b.c.next(at(1.1)) == action::claim);
  b.win(60, 1.2);
  REQUIRE(b.c.fence_too_low());
  REQUIRE(b.c.next(at(20)) == action::release);
}

TEST_CASE("a lock-delay is waited out from the moment at which the key was seen free") {
  bench b;
  b.c.observe(held_by("A", 9), at(0));
  b.c.holders_session("A", 10s, 10s);
  b.c.observe(free_dirty(10), at(1));
  REQUIRE(b.c.next(at(1)) == action::claim);
  b.c.claim_refused(claim_refusal::lock_delay, at(1.1), 0);
  REQUIRE(b.c.next(at(1.1)) == action::wait);
  REQUIRE(b.c.wake_at(at(1.1)) == at(11));
  REQUIRE(b.c.next(at(11)) == action::claim);
  b.c.claim_refused(claim_refusal::lock_delay, at(11.1), 0);  // somebody's is longer
  REQUIRE(b.c.wake_at(at(11.1)) == at(11.2));
}

TEST_CASE("a proclaim moves the guard, never the fence, and is not taken for an overwrite") {
  bench b;
  b.lead(0);
  b.c.proclaim_begun(19);  // an older term's: nothing of ours
  REQUIRE(b.c.provable());
  b.c.proclaim_begun(20);
  REQUIRE_FALSE(b.c.provable());
  b.c.observe(held_by("S", 25), at(1));
  REQUIRE(b.c.stage() == stage::leading);
  b.c.proclaimed(20, surely(held_by("S", 25), at(1)), at(1.1));
  b.c.proclaim_ended(20);
  REQUIRE(b.c.next(at(1.1)) == action::wait);
  REQUIRE(b.c.guard() == 25);
  REQUIRE(b.c.fence() == 20);
  REQUIRE(b.c.lease().lease_end() == at(10.7));
}

TEST_CASE("a stop for a reason of our own keeps the lease until the work has stopped") {
  bench b;
  b.lead(0);
  b.c.withdraw();
  b.c.request_stop(end_reason::shut_down, at(1));
  REQUIRE(b.c.next(at(1)) == action::stop);
  REQUIRE(b.c.lease().lease_end() == at(9.7));
  b.c.work_stopped(at(2));
  REQUIRE(b.c.next(at(2)) == action::end);
  REQUIRE(b.c.lease().reason() == end_reason::shut_down);
  REQUIRE(b.c.next(at(2)) == action::release);
  REQUIRE(b.c.next_release(at(2)).clean);
}

TEST_CASE("a release is tried again under the same guard until its outcome is known") {
  bench b;
  b.lead(0);
  b.c.work_stopped(at(1));
  REQUIRE(b.c.next(at(1)) == action::end);
  REQUIRE(b.c.next(at(1)) == action::release);
  b.c.release_failed(at(2), 0);
  REQUIRE(b.c.next(at(2)) == action::wait);
  REQUIRE(b.c.next(at(2.1)) == action::release);
  b.c.release_missed(at(2.2));  // the first one had been carried out
  REQUIRE(b.c.next(at(2.2)) == action::read);
  b.c.read_answered(surely(free_clean(21), at(2.2)), at(2.3));
  REQUIRE(b.c.next(at(2.3)) == action::claim);
}
