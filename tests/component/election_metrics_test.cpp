// What the metrics sink gets from one process and one key, in exact numbers.
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "metered_fixture.hpp"

using namespace tenure;
using namespace tenure::test;

TEST_CASE("metrics: a term from the claim to the release") {
  metered_fixture b;
  process& p = b.add_metered();
  election e = p.elections->enter(key, quick());
  CHECK(b[metric::elections_watching] == 1);
  term t = b.lead(e);
  CHECK(b[metric::elections_watching] == 0);
  CHECK(b[metric::elections_leading] == 1);
  CHECK(b[metric::events_queued] == 0);  // campaign() alone fills no event stream
  CHECK(b[metric::sessions] == 1);
  CHECK(b[metric::sessions_created] == 1);
  CHECK(b[metric::claims] == 1);
  CHECK(b[metric::claims_acquired] == 1);
  CHECK(b.metrics->recorded(metric::claim_seconds).count == 1);
  CHECK(b.metrics->recorded(metric::quarantine_seconds).buckets[0] == 1);
  CHECK(b[metric::leader_changes] == 1);
  CHECK(b[metric::terms_begun] == 1);
  b.rt.advance(1s);
  CHECK(b[metric::watch_queries] == 1);
  CHECK(b[metric::poll_slots_used] == 1);
  CHECK(b[metric::poll_slots_awaited] == 0);

  b.rt.advance(59s);
  // A renewal each third of the TTL of 10 s.
  CHECK(b[metric::session_renewals] == 18);
  CHECK(b[metric::proofs_sent] > 20);
  CHECK(b[metric::proofs_confirmed] == b[metric::proofs_sent]);
  CHECK(b.metrics->recorded(metric::proof_seconds).count ==
        static_cast<std::uint64_t>(b[metric::proofs_sent]));

  b.rt.run(t.resign());
  CHECK(b[metric::terms_ended_resigned] == 1);
  CHECK(b[metric::releases_done] == 1);
  CHECK(b[metric::elections_leading] == 0);
  CHECK(b[metric::elections_watching] == 1);
  CHECK(b[metric::leader_changes] == 1);
  b.end();
  CHECK(b[metric::sessions_lost] == 0);
  CHECK(b.total(metric::releases_done) == 1);
  CHECK(b.total(metric::requests_ok) == b[metric::requests_ok]);
}

TEST_CASE("metrics: a claim that another process was faster with is refused") {
  metered_fixture b;
  process& p = b.add_metered();
  election e = p.elections->enter(key, quick());
  b.rt.advance(1s);
  int claimed = 0;
  p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    if (is_claim(r) && ++claimed == 1) b.ask("PUT", "/v1/kv/" + key, "from another process");
    return fate(500us, 500us);
  };
  running<term> campaign(b.rt, e.campaign());
  b.rt.run_until([&] { return campaign.done(); });
  CHECK(claimed == 2);
  CHECK(b[metric::claims] == 2);
  CHECK(b[metric::claims_refused_changed] == 1);
  CHECK(b[metric::claims_acquired] == 1);
  const metrics_registry::times claim = b.metrics->recorded(metric::claim_seconds);
  CHECK(claim.count == 2);
  CHECK(claim.sum == 2ms);
  CHECK(b[metric::leader_changes] == 1);
  // The key has a value of unknown origin: it may be the trace of a term that just ended.
  CHECK(b.metrics->recorded(metric::quarantine_seconds).sum > 1s);
  b.end();
}

TEST_CASE("metrics: a lock-delay refuses the claims of the successor") {
  metered_fixture b;
  process& p = b.add_metered();
  candidacy slow = quick();
  slow.lock_delay(5s);
  election first = b.add().elections->enter(key, slow);
  election second = p.elections->enter(key, slow);
  term t = b.lead(first);
  running<term> campaign(b.rt, second.campaign());
  b.rt.advance(1s);
  CHECK(b[metric::claims] == 0);
  CHECK(b[metric::elections_candidate] == 1);
  CHECK(b[metric::leader_changes] == 1);
  b.destroy_session(t.session());
  b.rt.advance(1s);
  CHECK(b[metric::claims_refused_lock_delay] == 1);
  CHECK(b[metric::claims_acquired] == 0);
  b.rt.run_until([&] { return campaign.done(); });
  CHECK(b[metric::claims_acquired] == 1);
  CHECK(b[metric::leader_changes] == 2);
  b.end();
}

TEST_CASE("metrics: a claim with a lost reply is unknown, and recovered by a read") {
  metered_fixture b;
  process& p = b.add_metered();
  election e = p.elections->enter(key, quick());
  b.rt.advance(1s);
  int claimed = 0;
  p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    return fate(is_claim(r) && ++claimed == 1 ? mishap::reset_after : mishap::none);
  };
  b.lead(e);
  CHECK(claimed == 1);
  CHECK(b[metric::claims] == 1);
  CHECK(b[metric::claims_unknown] == 1);
  CHECK(b[metric::claims_recovered] == 1);
  CHECK(b[metric::claims_acquired] == 0);
  CHECK(b[metric::requests_unknown] == 1);
  CHECK(b[metric::terms_begun] == 1);
  CHECK(b[metric::leader_changes] == 1);
  CHECK(b.metrics->recorded(metric::quarantine_seconds).count == 1);
  b.end();
}

TEST_CASE("metrics: a lost session ends its term, and the process leads again by another") {
  metered_fixture b;
  process& p = b.add_metered();
  election e = p.elections->enter(key, quick());
  e.stand();
  b.rt.run_until([&] { return e.current().holds(); });
  CHECK(b[metric::events_queued] == 1);
  b.destroy_session(e.session());
  b.rt.advance(1s);
  b.rt.run(e.current().resign());
  CHECK(b[metric::sessions_lost] == 1);
  CHECK(b[metric::terms_ended_session_lost] == 1);
  CHECK(b[metric::sessions_created] == 2);
  CHECK(b[metric::sessions] == 1);
  b.rt.run_until([&] { return e.current().holds(); });
  CHECK(b[metric::terms_begun] == 2);
  CHECK(b[metric::leader_changes] == 2);
  CHECK(b[metric::claims_acquired] == 2);
  b.rt.run(p.elections->next_event());
  CHECK(b[metric::events_queued] == 0);
  b.end();
}

TEST_CASE("metrics: an outage fails proofs, renewals and watches, and the term expires") {
  metered_fixture b;
  process& p = b.add_metered();
  election e = p.elections->enter(key, quick());
  term t = b.lead(e);
  b.rt.advance(10s);
  const auto confirmed = b[metric::proofs_confirmed];
  p.transport->network = [](runtime::lane, const runtime::http_request&) {
    return fate(mishap::refused);
  };
  b.rt.advance(20s);
  CHECK(b[metric::terms_ended_expired] == 1);
  CHECK(b[metric::proofs_confirmed] == confirmed);
  CHECK(b[metric::proofs_failed_error] > 1);
  CHECK(b[metric::session_renewals_failed] > 1);
  CHECK(b[metric::watch_errors] > 0);
  CHECK(b[metric::requests_unreachable] > 5);
  CHECK(b[metric::request_retries] > 5);
  b.rt.run(t.resign());
  b.end();
}

TEST_CASE("metrics: a plain write to a held key fails a proof and ends the term") {
  metered_fixture b;
  process& p = b.add_metered();
  blind(p);
  election e = p.elections->enter(key, quick());
  term t = b.lead(e);
  const auto confirmed = b[metric::proofs_confirmed];
  b.ask("PUT", "/v1/kv/" + key, "overwritten");
  b.rt.advance(4s);
  CHECK(b[metric::proofs_confirmed] == confirmed);
  CHECK(b[metric::proofs_failed_changed] == 1);
  CHECK(b[metric::terms_ended_overwritten] == 1);
  b.rt.run(t.resign());
  b.end();
}

TEST_CASE("metrics: a watch reports each change, and counts the polls that had none") {
  metered_fixture b;
  process& p = b.add_metered();
  observer o = p.elections->observe(key);
  b.rt.advance(1s);
  CHECK(b[metric::watch_lists] == 1);
  CHECK(b[metric::watch_reports] == 1);
  CHECK(b[metric::watch_wakeups] == 0);
  b.ask("PUT", "/v1/kv/" + key, "one");
  b.rt.advance(1s);
  CHECK(b[metric::watch_wakeups] == 1);
  CHECK(b[metric::watch_reports] == 2);
  b.rt.advance(65s);  // two waits of 30 s and their jitter
  CHECK(b[metric::watch_polls] == 3);
  CHECK(b[metric::watch_wakeups] == 1);
  CHECK(b[metric::watch_reports] == 2);
  CHECK(b[metric::leader_changes] == 0);  // of elections that are entered
  b.end();
}

TEST_CASE("metrics: watches wait for a slot when there are too few connections") {
  metered_fixture b;
  process& p = b.add_metered(consul_config().connections(4));  // two of them for polls
  std::vector<observer> all;
  for (const char* top : {"a/", "b/", "c/", "d/", "e/"}) {
    for (int i = 0; i < 10; ++i) all.push_back(p.elections->observe(top + std::to_string(i)));
  }
  b.rt.advance(10s);
  CHECK(b[metric::watch_queries] == 5);
  CHECK(b[metric::poll_slots_used] == 2);
  CHECK(b[metric::poll_slots_awaited] == 3);
  CHECK(b[metric::watch_reports] == 50);
  CHECK(b[metric::watch_lists] >= 5);
  b.end();
}

TEST_CASE("metrics: refusals of the token and of Consul's limits") {
  metered_fixture b;
  process& p = b.add_metered();
  p.transport->network = [](runtime::lane, const runtime::http_request& r) {
    return fate(r.target.starts_with("/v1/session/create") ? mishap::forbidden : mishap::none);
  };
  election e = p.elections->enter(key, quick());
  e.stand();
  b.rt.advance(50ms);
  CHECK(b[metric::session_creations_failed] == 1);
  CHECK(b[metric::requests_forbidden] == 1);
  CHECK(b[metric::elections_candidate] == 1);
  b.end();
}
