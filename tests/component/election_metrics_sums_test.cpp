// Metrics of many elections, of semaphores and under faults: they add up.
#include <catch2/catch_test_macros.hpp>
#include <algorithm>
#include <vector>

#include "metered_fixture.hpp"

using namespace tenure;
using namespace tenure::test;

TEST_CASE("metrics: the queues of a thousand claims, and one proof of each") {
  metered_fixture b;
  process& p = b.add_metered();
  p.transport->network = [](runtime::lane, const runtime::http_request&) {
    return fate(500us, 500us);
  };
  std::vector<election> all;
  for (int i = 0; i < 1000; ++i) {
    all.push_back(p.elections->enter("t/" + std::to_string(i) + "/leader", quick()));
  }
  b.rt.advance(2s);
  for (election& e : all) e.stand();
  std::int64_t queued = 0;
  std::int64_t in_flight = 0;
  const bool led = b.rt.run_until([&] {
    queued = std::max(queued, b[metric::lock_operations_queued]);
    in_flight = std::max(in_flight, b[metric::lock_operations_in_flight]);
    return b[metric::elections_leading] == 1000;
  });
  CHECK(led);
  CHECK(queued > 500);
  CHECK(in_flight >= 32);
  CHECK(b[metric::lock_operations_queued] == 0);
  CHECK(b[metric::claims_acquired] == 1000);
  CHECK(b[metric::events_queued] == 1000);
  CHECK(b[metric::elections_candidate] == 0);
  b.rt.advance(20s);
  CHECK(b[metric::proofs_confirmed] >= 10'000);
  CHECK(b[metric::proofs_confirmed] == b[metric::proofs_sent]);
  // Up to 64 in a request.
  CHECK(static_cast<std::int64_t>(b.metrics->recorded(metric::proof_seconds).count) * 32 <
        b[metric::proofs_sent]);
  all.clear();
  b.rt.advance(5s);
  CHECK(b[metric::releases_done] == 1000);
  b.end();
}

TEST_CASE("metrics: slots of a semaphore count like terms") {
  metered_fixture b;
  process& p = b.add_metered();
  process& q = b.add_metered();
  semaphore first = p.elections->contend("pool", 1, quick("a"));
  semaphore second = q.elections->contend("pool", 1, quick("b"));
  running<term> held(b.rt, first.acquire());
  b.rt.run_until([&] { return held.done(); });
  running<term> waiting(b.rt, second.acquire());
  b.rt.advance(30s);
  CHECK(b[metric::slots_held] == 1);
  CHECK(b[metric::claims_acquired] == 1);
  CHECK(b[metric::terms_begun] == 1);
  CHECK(b[metric::sessions] == 2);
  CHECK(b[metric::watch_queries] == 2);
  CHECK(b[metric::proofs_sent] > 5);
  CHECK(b[metric::proofs_confirmed] == b[metric::proofs_sent]);
  term slot = held.value();
  b.rt.run(slot.resign());
  CHECK(b[metric::releases_done] == 1);
  b.rt.run_until([&] { return waiting.done(); });
  CHECK(b[metric::slots_held] == 1);
  CHECK(b[metric::terms_begun] == 2);
  CHECK(b[metric::elections_leading] == 0);
  b.end();
}

TEST_CASE("metrics: the sums are exact under faults") {
  metered_fixture b;
  std::vector<election> all;
  std::vector<semaphore> slots;
  for (int i = 0; i < 3; ++i) {
    process& p = b.add_metered();
    for (int k = 0; k < 20; ++k) {
      all.push_back(p.elections->enter("t/" + std::to_string(k) + "/leader", quick()));
      all.back().stand();
    }
    p.transport->network = [&b](runtime::lane, const runtime::http_request&) {
      const std::uint64_t dice = b.rt.random().next() % 100;
      if (dice < 5) return fate(mishap::reset_after);
      if (dice < 10) return fate(mishap::reset_before);
      if (dice < 15) return fate(mishap::silent_after);
      if (dice < 20) return fate(mishap::refused);
      return fate(duration(b.rt.random().next() % 1'000'000), 1ms);
    };
  }
  std::vector<std::int64_t> last(metric_count, 0);
  for (int round = 0; round < 60; ++round) {
    b.rt.advance(2s);
    for (const metric_info& m : all_metrics) {
      const std::int64_t now = b[m.what];
      CAPTURE(m.name, m.label_value);
      CHECK(now >= (m.type == metric_type::gauge ? 0 : last[static_cast<std::size_t>(m.what)]));
      last[static_cast<std::size_t>(m.what)] = now;
    }
    CHECK(b.total(metric::elections_leading) == 60);
    election& one = all[static_cast<std::size_t>(round * 7 % 60)];
    if (const term t = one.current(); t && round % 3 == 0) b.destroy_session(t.session());
    for (const election& e : all) {
      term over = e.current();
      if (over && !over.holds()) b.rt.run(over.resign());
    }
  }
  CAPTURE(b.metrics->prometheus_text());
  CHECK(b[metric::claims_unknown] > 0);
  CHECK(b[metric::sessions_lost] > 5);
  CHECK(b[metric::proofs_failed_error] > 0);
  // Without faults a proof takes no time, so none is in flight when the elections end.
  for (const auto& p : b.processes) p->reconnect();
  b.rt.advance(10s);
  all.clear();
  b.end();
}

TEST_CASE("metrics: elections without a shut-down take their gauges back") {
  metered_fixture b;
  process& p = b.add_metered();
  {
    election e = p.elections->enter(key, quick());
    b.lead(e);
    b.rt.advance(1s);
  }
  b.rt.advance(1s);
  CHECK(b.total(metric::elections_leading) == 0);
  b.end();
}
