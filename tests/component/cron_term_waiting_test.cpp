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

TEST_CASE("a run whose claim could not be written in time does not begin any more") {
  cron_fixture f;
  const job_ptr a = with(make_job("a", "@every 20s"), [](cron::job& j) {
    j.starting_deadline = 5s;
    j.overlap = cron::overlap_rule::allow;
  });
  const job_ptr stays = make_job("stays", "0 0 1 1 *");
  cron_replica& r = f.lead("p1", {a, stays});
  r.runner.length = 100ms;
  f.rt.advance(15s);
  r.store.forbidden = true;
  cron::skip_reason expected = cron::skip_reason::deadline;
  SECTION("for the starting deadline") { f.rt.advance(18s); }
  SECTION("because the job is paused") {
    f.rt.advance(7s);
    cron::control_state paused;
    paused.paused.emplace("a", cron::operator_note());
    r.schedule->control_changed(paused);
    expected = cron::skip_reason::paused;
  }
  SECTION("because the job has left the file") {
    f.rt.advance(7s);
    r.schedule->reload({stays});
    f.rt.advance(100ms);
    expected = cron::skip_reason::removed;
  }
  r.store.forbidden = false;
  f.rt.advance(3s);
  CHECK(f.runs("a", noon + 20s) == 0);
  const std::vector<cron::run_record> records = f.records("a");
  REQUIRE(records.size() == 1);
  CHECK(records.front().state == cron::record_state::skipped);
  CHECK(records.front().reason == expected);
  CHECK(records.front().tick == noon + 20s);
  CHECK(f.document("a").open.empty());
}

TEST_CASE("a job that comes back to the file in a later term has missed nothing") {
  cron_fixture f;
  const job_ptr stays = make_job("stays", "0 0 1 1 *");
  const job_ptr gone = make_job("gone", "@every 10s");
  cron_replica& first = f.lead("p1", {stays, gone});
  f.rt.advance(15s);
  REQUIRE(f.runs("gone", noon + 10s) == 1);
  first.schedule->reload({stays});
  f.rt.advance(1s);
  first.leave();
  cron_replica& second = f.lead("p2", {stays});
  f.rt.advance(60s);
  const std::size_t before = f.starts.size();
  second.schedule->reload({stays, gone});
  f.rt.advance(100ms);
  CHECK(f.starts.size() == before);
  f.rt.advance(20s);
  CHECK(f.starts.size() == before + 2);
  for (const cron::run_record& one : f.records("gone"))
    CHECK(one.state != cron::record_state::skipped);
}
