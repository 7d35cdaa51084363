// What becomes of runs that wait: in a pause, behind a claim that takes long, and for other runs.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "cron_term_fixture.hpp"

using namespace tenure;
using namespace tenure::test;

TEST_CASE("a pause holds for what waits, and stops no run") {
  cron_fixture f;
  job_ptr a;
  SECTION("for an earlier run") {
    a = with(make_job("a", "@every 10s"),
             [](cron::job& j) { j.overlap = cron::overlap_rule::queue; });
  }
  SECTION("for its splay") {
    a = with(make_job("a", "@every 20s"), [](cron::job& j) { j.splay = 19s; });
  }
  cron_replica& first = f.lead("p1", {a});
  first.runner.length = 15s;
  const auto waiting = [&] {
    for (const cron::open_run& run : f.document("a").open) {
      if (run.what == cron::open_run::state::waiting) return run.tick;
    }
    return sys_seconds();
  };
  f.rt.advance(20s);
  REQUIRE(f.rt.run_until([&] { return waiting() != sys_seconds(); }, 60s));
  const sys_seconds tick = waiting();
  const std::size_t before = f.starts.size();
  cron::control_state paused;
  paused.paused.emplace("a", cron::operator_note());
  first.schedule->control_changed(paused);
  f.rt.advance(60s);
  CHECK(f.starts.size() == before);
  CHECK(f.runs("a", tick) == 0);
  const std::vector<cron::run_record> records = f.records("a");
  const auto skipped = std::ranges::find_if(records, [&](const cron::run_record& r) {
    return r.tick <= tick && tick <= r.until && r.state == cron::record_state::skipped;
  });
  REQUIRE(skipped != records.end());
  CHECK(skipped->reason == cron::skip_reason::paused);
  CHECK(f.document("a").open.empty());
  for (const cron::run_record& r : records) CHECK(r.cause == cron::stop_cause::none);
  first.schedule->control_changed({});
  f.rt.advance(60s);
  CHECK(f.starts.size() > before);
}

TEST_CASE("ticks that are due while Consul keeps a claim waiting run after it, in their order") {
  cron_fixture f;
  cron_replica& first = f.lead("p1", {make_job("a", "@every 2s")});
  f.rt.advance(5s);
  first.store.held_until = f.rt.now() + 9s;
  f.rt.advance(20s);
  for (int tick = 2; tick <= 20; tick += 2) CHECK(f.runs("a", noon + tick * 1s) == 1);
}

TEST_CASE("an order of a job that has too many runs waits until some have ended") {
  cron_fixture f;
  const cron::ledger_keys keys("cron");
  const std::vector<job_ptr> jobs = {with(make_job("a", "@every 1h"), [](cron::job& j) {
    j.overlap = cron::overlap_rule::allow;
  })};
  f.leave_open_runs("a", cron::most_open_runs, cron::open_run::state::waiting);
  cron::operator_note note;
  note.job = "a";
  f.ask("PUT", keys.request("order"), cron::to_json(note));
  cron_replica& r = f.add("p1", jobs);
  r.runner.length = 20s;
  r.start();
  f.run_until_led_by(r);
  f.rt.advance(2s);
  REQUIRE(f.document("a").open.size() == cron::most_open_runs);
  f.rt.advance(5s);
  const auto ordered = [&] {
    return std::ranges::any_of(f.starts, [](const begun& b) { return b.id == "order"; });
  };
  CHECK_FALSE(ordered());
  f.rt.advance(30s);
  CHECK(ordered());
}
