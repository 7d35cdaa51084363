// A term of tenure-cron whose ledger refuses, is shared, or gets more than one write can take.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <set>

#include "cron_term_fixture.hpp"
#include "support/kept_log.hpp"

using namespace tenure;
using namespace tenure::test;
using cron::skip_reason;

namespace {

std::vector<job_ptr> one(const std::string& schedule) { return {make_job("a", schedule)}; }

}  // namespace

TEST_CASE("a replica that may not use the ledger any more leaves at a stop all the same") {
  cron_fixture f;
  cron_replica& first = f.lead("p1", one("@every 1s"));
  cron_replica& second = f.add("p2", one("@every 1s"));
  second.start();
  SECTION("with a claim that is not written") {
    first.store.forbidden = true;
    f.rt.advance(3s + 500ms);
  }
  SECTION("with a run that goes on for longer than the last writes may take") {
    first.runner.length = 8s;
    f.rt.advance(1s + 500ms);
    first.store.forbidden = true;
  }
  const time_point stopped = f.rt.now();
  first.leave();
  f.run_until_led_by(second);
  CHECK(f.rt.now() - stopped < 20s);
  f.rt.advance(10s);
  CHECK(f.runs("a", noon + 1s) <= 1);
  CHECK(f.runs("a", std::chrono::floor<std::chrono::seconds>(second.clock.now()) - 1s) == 1);
}

TEST_CASE("a replica that may not read the ledger leaves before its first tick") {
  cron_fixture f;
  cron_replica& first = f.add("p1", one("@every 1s"));
  first.store.forbidden = true;
  first.start();
  f.run_until_led_by(first);
  const time_point stopped = f.rt.now();
  first.leave();
  cron_replica& second = f.add("p2", one("@every 1s"));
  second.start();
  f.run_until_led_by(second);
  CHECK(f.rt.now() - stopped < 15s);
}

TEST_CASE("each line about a job names its election, as tenants may have jobs of one name") {
  cron_fixture f;
  const auto log = std::make_shared<kept_log>();
  const cron::ledger_keys keys("cron");
  cron::operator_note note;
  note.job = "a";
  f.ask("PUT", keys.document("a"), "{");
  f.ask("PUT", keys.request("order"), cron::to_json(note));
  cron_replica& first = f.add("p1", one("@every 1s"));
  first.lane.log = log;
  first.runner.length = 10s;
  first.start();
  f.run_until_led_by(first);
  f.rt.advance(5s);
  cron_replica& second = f.add("p2", one("@every 1s"));
  second.lane.log = log;
  second.start();
  first.loop.pause();
  f.run_until_led_by(second);
  f.rt.advance(2s);
  std::vector<std::string> lines = log->lines(log_level::warn);
  for (const std::string& line : log->lines(log_level::info)) lines.push_back(line);
  for (const char* const event : {"ledger document unreadable", "run requested", "job skipped",
                                  "job outcome unknown"}) {
    INFO(event);
    bool logged = false;
    for (const std::string& line : lines) {
      if (!line.starts_with(event)) continue;
      logged = true;
      CHECK(line.find(" election=service/cron/leader") != line.npos);
    }
    CHECK(logged);
  }
}

TEST_CASE("a job goes on after a document that no replica has written") {
  cron_fixture f;
  const auto log = std::make_shared<kept_log>();
  const std::string key = cron::ledger_keys("cron").document("a");
  SECTION("with moments of which the difference is no number") {
    f.ask("PUT", key, R"({"last":-9223372036854775808,"highest":9223372036854775807})");
  }
  SECTION("with more open runs than a job may have") {
    f.leave_open_runs("a", 5000, cron::open_run::state::claimed);
  }
  cron_replica& r = f.add("p1", one("@every 1s"));
  r.lane.log = log;
  r.start();
  f.run_until_led_by(r);
  f.rt.advance(5s);
  CHECK(f.runs("a", noon + 4s) == 1);
  CHECK(log->lines(log_level::warn).size() < 5);
  CHECK(f.document("a").open.size() < 2);
}

TEST_CASE("of many runs with an unknown end the first have a line, and the others share one") {
  cron_fixture f;
  const auto log = std::make_shared<kept_log>();
  f.leave_open_runs("a", cron::most_open_runs, cron::open_run::state::claimed);
  cron_replica& r = f.add("p1", one("@every 1s"));
  r.lane.log = log;
  r.start();
  f.run_until_led_by(r);
  f.rt.advance(5s);
  const std::vector<std::string> lines = log->lines(log_level::warn);
  REQUIRE(lines.size() == 11);
  CHECK(lines.back().starts_with("further job records job=a count=990"));
  CHECK(f.runs("a", noon + 4s) == 1);
}

TEST_CASE("many orders of one job run once each, and none of them blocks the job") {
  cron_fixture f;
  const cron::ledger_keys keys("cron");
  cron::operator_note note;
  note.job = "a";
  for (int i = 0; i < 70; ++i)
    f.ask("PUT", keys.request("order" + std::to_string(i)), cron::to_json(note));
  f.lead("p1", {with(make_job("a", "@every 10s"), [](cron::job& j) {
    j.overlap = cron::overlap_rule::allow;
  })});
  f.rt.advance(31s);
  std::set<std::string> ids;
  for (const begun& b : f.starts) {
    if (b.trigger == run_trigger::operator_request) CHECK(ids.insert(b.id).second);
  }
  CHECK(ids.size() == 70);
  CHECK(f.runs("a", noon + 30s) == 1);
  CHECK(f.ask("GET", keys.request("") + "?keys").status == 404);
}

TEST_CASE("writes of the ledger that never get through slow down, and have one line of log") {
  cron_fixture f;
  const auto log = std::make_shared<kept_log>();
  cron_replica& r = f.add("p1", one("@every 1s"));
  r.lane.log = log;
  r.start();
  f.run_until_led_by(r);
  f.rt.advance(2s);
  int writes = 0;
  bool broken = true;
  fate lost(mishap::reset_before);
  lost.request_delay = 1ms;
  r.process.transport->network = [&](runtime::lane, const runtime::http_request& q) {
    if (q.body.find("cron/jobs/a") == q.body.npos || q.body.find("cas") == q.body.npos || !broken)
      return fate();
    ++writes;
    return lost;
  };
  f.rt.advance(20s);
  CHECK(writes > 8);
  CHECK(writes < 25);
  CHECK(log->lines(log_level::warn).size() == 1);
  CHECK(log->lines(log_level::warn).front().starts_with("ledger write failed job=a error="));
  broken = false;
  f.rt.advance(5s);
  CHECK(f.runs("a", noon + 26s) == 1);
  const std::vector<std::string> lines = log->lines(log_level::info);
  CHECK(std::ranges::count(lines, "ledger written again job=a election=service/cron/leader") == 1);
}

TEST_CASE("a run ends whatever its runner throws") {
  cron_fixture f;
  cron_replica& r = f.lead("p1", one("@every 10s"));
  r.runner.broken = true;
  f.rt.advance(11s);
  const cron::ledger_document d = f.document("a");
  CHECK(d.open.empty());
  REQUIRE(d.recent.size() == 1);
  CHECK(d.recent.front().ending == cron::run_result::ending::stopped);
  CHECK(d.recent.front().text == "broken");
}

TEST_CASE("leaders of two elections on one ledger run no tick twice") {
  cron_fixture f;
  const std::vector<job_ptr> jobs{with(make_job("a", "@every 2s"), [](cron::job& j) {
    j.overlap = cron::overlap_rule::allow;
  })};
  cron_replica& first = f.lead("p1", jobs);
  f.rt.advance(5s);
  cron_replica& second = f.add("p2", jobs, "service/cron/leader/a");
  SECTION("runs are short") {}
  SECTION("runs go on at the next tick") { first.runner.length = second.runner.length = 5s; }
  SECTION("one clock is ahead") { second.clock.offset = 500ms; }
  SECTION("one clock is late") { second.clock.offset = -300ms; }
  second.start();
  f.run_until_led_by(second);
  f.rt.advance(30s);
  first.leave();
  f.rt.advance(20s);
  const auto counts = f.ticks("a");
  CHECK(counts.size() >= 26);
  for (const auto& [tick, count] : counts) {
    CAPTURE((tick - noon).count());
    CHECK(count == 1);
  }
}

TEST_CASE("a run is replaced though its claim is still being written") {
  cron_fixture f;
  cron_replica& r = f.lead("p1", {with(make_job("a", "@every 2s"), [](cron::job& j) {
    j.overlap = cron::overlap_rule::replace;
  })});
  r.runner.length = 1min;
  f.rt.advance(1s);
  r.store.forbidden = true;
  f.rt.advance(3s + 500ms);  // the ticks at :02 and :04
  r.store.forbidden = false;
  f.rt.advance(1s);
  CHECK(f.runs("a", noon + 2s) == 0);
  CHECK(f.runs("a", noon + 4s) == 1);
  const cron::ledger_document d = f.document("a");
  REQUIRE_FALSE(d.recent.empty());
  CHECK(d.recent.front().cause == cron::stop_cause::replaced);
}

TEST_CASE("an order that comes too late is recorded, and its key goes") {
  cron_fixture f;
  const std::vector<job_ptr> jobs{with(make_job("a", "0 0 1 1 *"), [](cron::job& j) {
    j.overlap = cron::overlap_rule::queue;
    j.starting_deadline = 30s;
  })};
  const cron::ledger_keys keys("cron");
  cron::operator_note note;
  note.job = "a";
  f.ask("PUT", keys.request("one"), cron::to_json(note));
  f.ask("PUT", keys.request("two"), cron::to_json(note));
  cron_replica& first = f.add("p1", jobs);
  first.runner.length = 1h;
  first.start();
  f.run_until_led_by(first);
  f.rt.advance(2s);
  CHECK(f.starts.size() == 1);
  first.loop.pause();
  f.rt.advance(1min);
  cron_replica& second = f.add("p2", jobs);
  second.start();
  f.run_until_led_by(second);
  f.rt.advance(2s);
  CHECK(f.starts.size() == 1);
  CHECK(f.document("a").recent.back().reason == skip_reason::deadline);
  CHECK(f.ask("GET", keys.request("") + "?keys").status == 404);
}

TEST_CASE("nothing is lost to the overlap of a job with its own late runs") {
  for (const cron::overlap_rule rule : {cron::overlap_rule::forbid, cron::overlap_rule::queue,
                                        cron::overlap_rule::replace}) {
    for (const std::uint32_t most : {0u, 1u, cron::catch_up_all}) {
      CAPTURE(int(rule), most);
      cron_fixture f;
      const std::vector<job_ptr> jobs{with(make_job("a", "@every 1s"), [&](cron::job& j) {
        j.catch_up = most;
        j.overlap = rule;
      })};
      cron_replica& first = f.lead("p1", jobs);
      f.rt.advance(5s + 500ms);
      first.leave();
      f.rt.advance(30s);
      cron_replica& second = f.add("p2", jobs);
      second.runner.length = 700ms;
      second.start();
      f.run_until_led_by(second);
      const sys_seconds now = second.clock.now_seconds();
      f.rt.advance(120s);  // 30 s of ticks take 21 s, those of that time 15 s, and so on
      for (sys_seconds t = now - 2s; t <= now + 118s; t += 1s) CHECK(f.runs("a", t) == 1);
      const auto all = f.records("a");
      CHECK(std::ranges::none_of(all, [](const cron::run_record& r) {
        return r.reason == skip_reason::overlap || r.cause == cron::stop_cause::replaced;
      }));
      CHECK((f.runs("a", noon + 10s) == 1) == (most == cron::catch_up_all));
    }
  }
}

TEST_CASE("the order of a job that is in no file waits for its return, within starting_deadline") {
  cron_fixture f;
  const job_ptr stays = make_job("stays", "0 0 1 1 *");
  const job_ptr gone = make_job("gone", "0 0 1 1 *");  // starting_deadline: 5m
  cron_replica& r = f.lead("p1", {stays, gone});
  r.schedule->reload({stays});
  f.rt.advance(1s);
  const cron::ledger_keys keys("cron");
  const auto order = [&](const std::string& id) {
    cron::operator_note note;
    note.job = "gone";
    note.at = r.clock.now();
    f.ask("PUT", keys.request(id), cron::to_json(note));
    const std::vector<cron::ledger_entry> all = f.rt.run(r.store.list(keys.control()));
    r.schedule->control_changed(cron::read_control(keys, all));
  };
  order("old");
  f.rt.advance(4min);
  order("young");
  f.rt.advance(2min);
  CHECK(f.starts.empty());
  r.schedule->reload({stays, gone});
  f.rt.advance(2s);
  REQUIRE(f.starts.size() == 1);
  CHECK(f.starts.front().id == "young");
  const auto all = f.records("gone");
  const auto late = std::ranges::find(all, std::string("old"), &cron::run_record::run_id);
  REQUIRE(late != all.end());
  CHECK(late->reason == skip_reason::deadline);
  CHECK(f.ask("GET", keys.request("") + "?keys").status == 404);
}

TEST_CASE("pages that a restored snapshot brings back are removed again") {
  cron_fixture f;
  f.lead("p1", {with(make_job("a", "@every 1s"), [](cron::job& j) { j.history = 40; })});
  f.rt.advance(85s);
  const std::string document = f.ask("GET", "cron/jobs/a?raw").body;
  const std::uint64_t oldest = f.document("a").first_page;
  const std::string key = "cron/pages/a/" + std::to_string(oldest);
  const std::string page = f.ask("GET", key + "?raw").body;
  f.rt.advance(25s + 500ms);
  REQUIRE(f.ask("GET", key).status == 404);
  f.ask("PUT", key, page);
  f.ask("PUT", "cron/jobs/a", document);
  f.rt.advance(30s);
  CHECK(f.ask("GET", key).status == 404);
  CHECK(f.document("a").first_page > oldest);
}

TEST_CASE("a page that a restored snapshot takes away is stored again") {
  cron_fixture f;
  f.lead("p1", {with(make_job("a", "@every 1s"), [](cron::job& j) { j.history = 40; })});
  f.rt.advance(25s);
  while (f.document("a").recent.size() != 15) f.rt.advance(100ms);
  const std::uint64_t pages = f.document("a").pages;
  const std::string document = f.ask("GET", "cron/jobs/a?raw").body;
  f.rt.advance(10s);
  const std::string page = "cron/pages/a/" + std::to_string(pages + 1);
  REQUIRE(f.document("a").pages == pages + 1);
  f.ask("PUT", "cron/jobs/a", document);
  f.ask("DELETE", page);
  f.rt.advance(5s);
  CHECK(f.ask("GET", page).status == 200);
  const std::vector<cron::run_record> all = f.records("a");
  for (std::size_t i = 1; i < all.size(); ++i) CHECK(all[i].tick - all[i - 1].tick == 1s);
}
