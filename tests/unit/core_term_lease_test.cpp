// The lease of one term: its stages, its notices, its deadlines and when its proofs are due.
#include <catch2/catch_test_macros.hpp>

#include "core/lease/term_lease.hpp"
#include "core_observations.hpp"

using namespace tenure;
using namespace tenure::core;
using namespace tenure::test;
using namespace std::chrono_literals;

namespace {

// A proof that was sent at 0 s: stop at 7.7 s, lease end at 9.7 s, next proof at 3.33 s.
const lease_rules rules(10s, 2s);

term_lease leading() {
  term_lease lease(rules);
  lease.lock_won(at(0));
  lease.begin();
  return lease;
}

}  // namespace

TEST_CASE("term lease: a pending lock has no lease, and begins only with time to work") {
  term_lease lease(rules);
  CHECK(lease.stage() == stage::none);
  CHECK_FALSE(lease.provable());
  lease.lock_won(at(0));
  CHECK(lease.stage() == stage::pending);
  CHECK(lease.lease_end() == time_point::min());
  CHECK(lease.provable());
  CHECK(lease.may_begin(at(7.6)));
  CHECK_FALSE(lease.may_begin(at(7.7)));
  lease.proved(at(5));
  CHECK(lease.may_begin(at(7.7)));
  lease.begin();
  CHECK(lease.stage() == stage::leading);
  CHECK(lease.working());
  CHECK(lease.lease_end() == at(14.7));
  CHECK(lease.stop_at() == at(12.7));
  CHECK(lease.next_notice() == notice::none);
}

TEST_CASE("term lease: without a proof it has to stop, then ends as expired") {
  term_lease lease = leading();
  CHECK(lease.deadline() == at(7.7));
  CHECK_FALSE(lease.check(at(7.6)));
  CHECK(lease.stage() == stage::leading);
  CHECK_FALSE(lease.check(at(7.7)));
  CHECK(lease.stage() == stage::stopping);
  CHECK(lease.next_notice() == notice::stop);
  CHECK(lease.stop_notified());
  CHECK(lease.next_notice() == notice::none);
  CHECK(lease.deadline() == at(9.7));
  lease.proved(at(7));  // too late: the holder has to stop
  CHECK(lease.lease_end() == at(9.7));
  CHECK(lease.check(at(9.7)));
  CHECK(lease.stage() == stage::over);
  CHECK(lease.reason() == end_reason::expired);
  CHECK(lease.last_end() == end_reason::none);
  CHECK(lease.next_notice() == notice::end);
  CHECK(lease.last_end() == end_reason::expired);
  CHECK(lease.working());
  CHECK_FALSE(lease.work_stopped(at(20)));
  CHECK_FALSE(lease.working());
}

TEST_CASE("term lease: work that stops ends it, for the reason of the stop") {
  term_lease lease = leading();
  SECTION("of itself: resigned, with one notice") {
    CHECK(lease.work_stopped(at(1)));
    CHECK(lease.reason() == end_reason::resigned);
    CHECK(lease.next_notice() == notice::end);
  }
  SECTION("after a request") {
    CHECK_FALSE(lease.request_stop(end_reason::health_failed, at(1)));
    CHECK_FALSE(lease.request_stop(end_reason::shut_down, at(2)));  // the first reason counts
    CHECK_FALSE(lease.provable());
    CHECK(lease.next_notice() == notice::stop);
    CHECK(lease.lease_end() == at(9.7));
    CHECK(lease.work_stopped(at(3)));
    CHECK(lease.reason() == end_reason::health_failed);
    CHECK(lease.lease_end() == time_point::min());
  }
}

TEST_CASE("term lease: a lost lock closes the lease at once; only the reason may wait") {
  term_lease lease = leading();
  SECTION("a final reason ends the term") {
    CHECK(lease.lose(end_reason::overwritten, loss_cause::final, at(1)));
    CHECK(lease.stage() == stage::over);
    CHECK(lease.next_notice() == notice::stop);
    CHECK(lease.next_notice() == notice::end);
  }
  SECTION("the session was the reason") {
    CHECK_FALSE(lease.lose(end_reason::key_missing, loss_cause::identify, at(1)));
    CHECK(lease.lease_end() == time_point::min());
    CHECK(lease.next_notice() == notice::stop);
    CHECK(lease.wants_identify());
    CHECK_FALSE(lease.work_stopped(at(1.1)));
    CHECK(lease.identified(false, at(1.2)));
    CHECK(lease.reason() == end_reason::session_lost);
  }
  SECTION("the session lives") {
    CHECK_FALSE(lease.lose(end_reason::key_missing, loss_cause::identify, at(1)));
    CHECK(lease.identified(true, at(1.2)));
    CHECK(lease.reason() == end_reason::key_missing);
  }
  SECTION("a second loss can be the answer") {
    CHECK_FALSE(lease.lose(end_reason::key_missing, loss_cause::identify, at(1)));
    CHECK_FALSE(lease.lose(end_reason::key_taken, loss_cause::identify, at(1.1)));
    CHECK(lease.lose(end_reason::session_lost, loss_cause::final, at(1.2)));
    CHECK(lease.reason() == end_reason::session_lost);
  }
  SECTION("nothing answers in time") {
    CHECK_FALSE(lease.lose(end_reason::key_missing, loss_cause::identify, at(1)));
    CHECK(lease.deadline() == at(1) + identify_within);
    CHECK_FALSE(lease.check(at(1.4)));
    CHECK(lease.check(at(1.5)));
    CHECK(lease.reason() == end_reason::key_missing);
  }
}

TEST_CASE("term lease: proofs are due each third of the span, or when one is wanted") {
  term_lease lease = leading();
  const time_point regular = at(0) + rules.proof_interval();
  CHECK(lease.proof_due() == regular);
  CHECK_FALSE(lease.proof_worthwhile(at(1)));
  CHECK(lease.proof_worthwhile(at(2)));  // it may travel with others
  SECTION("wanted now, and not again once it was sent after that") {
    lease.want_proof(at(1));
    CHECK(lease.proof_due() == at(1));
    CHECK(lease.proof_worthwhile(at(1)));
    lease.proof_begun();
    CHECK(lease.proof_due() == time_point::max());
    lease.proof_ended(time_point::min());
    lease.proved(at(0.5));  // sent before
    CHECK(lease.proof_due() == at(1));
    lease.proved(at(1));
    CHECK(lease.proof_due() == at(1) + rules.proof_interval());
  }
  SECTION("not before the pause after a failure is over") {
    lease.proof_begun();
    lease.proof_ended(at(5));
    CHECK(lease.proof_due() == at(5));
    CHECK_FALSE(lease.proof_worthwhile(at(4.9)));
  }
  SECTION("none for a holder that has to stop") {
    lease.request_stop(end_reason::resigned, at(1));
    CHECK(lease.proof_due() == time_point::max());
  }
}

TEST_CASE("term lease: a lock without a term gives no notice") {
  term_lease lease(rules);
  lease.lock_won(at(0));
  lease.give_up_lock();
  CHECK(lease.stage() == stage::over);
  CHECK_FALSE(lease.began());
  CHECK(lease.next_notice() == notice::none);
  lease.clear();
  CHECK(lease.stage() == stage::none);
}
