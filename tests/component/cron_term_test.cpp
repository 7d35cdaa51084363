// The loop of a term of tenure-cron: each tick at most once in the fleet, and none silently lost.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "cron_term_fixture.hpp"

using namespace tenure;
using namespace tenure::test;
using cron::record_state;
using cron::skip_reason;

namespace {

std::vector<job_ptr> one(const std::string& schedule) { return {make_job("a", schedule)}; }

bool is_write(const runtime::http_request& r) { return r.target.starts_with("/v1/txn"); }

}  // namespace

TEST_CASE("a job runs at each tick, and the ledger says how it ended") {
  cron_fixture f;
  f.lead("p1", one("* * * * *"));
  f.rt.advance(3min + 1s);
  CHECK(f.ticks("a") ==
        std::map<sys_seconds, int>{{noon + 1min, 1}, {noon + 2min, 1}, {noon + 3min, 1}});
  const cron::ledger_document d = f.document("a");
  REQUIRE(d.recent.size() == 3);
  CHECK(d.last_tick == noon + 3min);
  CHECK(d.next_tick == noon + 4min);
  CHECK(d.open.empty());
  CHECK(d.recent.back().state == record_state::finished);
  CHECK(d.recent.back().host == "p1");
  CHECK(d.recent.back().fence > 0);
}

TEST_CASE("a clean hand-over loses no tick and repeats none, whatever the clocks say") {
  for (const duration offset : {duration(-50ms), duration(-2s), duration(1500ms), duration(2s)}) {
    CAPTURE(offset.count());
    cron_fixture f;
    cron_replica& first = f.lead("p1", one("@every 1s"));
    cron_replica& second = f.add("p2", one("@every 1s"));
    second.clock.offset = offset;
    second.start();
    f.rt.advance(20s + 20ms);  // a tick has just run
    first.leave();
    f.run_until_led_by(second);
    f.rt.advance(20s);
    CHECK(f.mistakes("a", noon + 1s, noon + 38s).empty());
    CHECK(f.ticks("a").size() >= 36);
  }
}

TEST_CASE("a minute's job is not lost by a hand-over to a clock that is ahead") {
  cron_fixture f;
  const auto jobs = std::vector<job_ptr>{
      with(make_job("a", "* * * * *"), [](cron::job& j) { j.catch_up = 0; })};
  cron_replica& first = f.lead("p1", jobs);
  cron_replica& second = f.add("p2", jobs);
  second.clock.offset = 1500ms;
  second.start();
  f.rt.advance(59s);
  first.leave();
  f.run_until_led_by(second);
  f.rt.advance(10s);
  CHECK(f.runs("a", noon + 1min) == 1);
}

TEST_CASE("a leader that sleeps past its lease starts nothing, and its ticks are on record") {
  cron_fixture f;
  cron_replica& first = f.lead("p1", one("@every 1s"));
  cron_replica& second = f.add("p2", one("@every 1s"));
  second.start();
  f.rt.advance(10s + 500ms);
  first.loop.pause();
  f.run_until_led_by(second);
  f.rt.advance(5s);
  const std::size_t before = f.starts.size();
  first.loop.resume();
  f.rt.run_until_idle();
  CHECK(f.starts.size() == before);
  f.rt.advance(10s);
  const sys_seconds now = std::chrono::floor<std::chrono::seconds>(first.clock.now());
  CHECK(f.mistakes("a", noon + 1s, now - 2s).empty());
  CHECK(std::ranges::any_of(f.records("a"), [](const cron::run_record& r) {
    return r.reason == skip_reason::no_leader && r.count > 1;
  }));
}

TEST_CASE("a claim whose answer is lost runs once, whether it was carried out or not") {
  for (const mishap what : {mishap::reset_after, mishap::reset_before, mishap::silent_after,
                            mishap::silent_before}) {
    CAPTURE(int(what));
    cron_fixture f;
    cron_replica& r = f.lead("p1", one("* * * * *"));
    f.rt.advance(59s);
    int lost = 0;
    r.process.transport->network = [&](runtime::lane, const runtime::http_request& q) {
      if (!is_write(q) || q.body.find("cron/jobs/a") == std::string::npos) return fate();
      if (q.body.find("cas") == std::string::npos || lost == 2) return fate();
      ++lost;
      return fate(what);
    };
    f.rt.advance(2min + 31s);
    CHECK(lost == 2);
    CHECK(f.ticks("a") ==
          std::map<sys_seconds, int>{{noon + 1min, 1}, {noon + 2min, 1}, {noon + 3min, 1}});
    CHECK(f.document("a").recent.size() == 3);
  }
}

TEST_CASE("a write that arrives late changes nothing") {
  cron_fixture f;
  cron_replica& r = f.lead("p1", one("@every 1s"));
  bool late = true;
  r.process.transport->network = [&](runtime::lane, const runtime::http_request& q) {
    const bool claim = is_write(q) && q.body.find("cas") != std::string::npos;
    if (!claim || !std::exchange(late, false)) return fate();
    return fate(3s, 0s);
  };
  f.rt.advance(20s);
  CHECK(f.mistakes("a", noon + 5s, noon + 18s).empty());
}

TEST_CASE("a run of a dead leader has an unknown end, and runs again only under retry_unknown") {
  for (const bool retry : {false, true}) {
    CAPTURE(retry);
    cron_fixture f;
    const std::vector<job_ptr> jobs{
        with(make_job("a", "* * * * *"), [&](cron::job& j) { j.retry_unknown = retry; })};
    cron_replica& first = f.lead("p1", jobs);
    cron_replica& second = f.add("p2", jobs);
    second.start();
    first.runner.length = 5min;
    f.rt.advance(1min + 1s);
    first.loop.pause();
    f.run_until_led_by(second);
    f.rt.advance(2s);
    const auto recent = f.document("a").recent;
    REQUIRE_FALSE(recent.empty());
    CHECK(recent.front().state == record_state::unknown);
    CHECK(recent.front().host == "p1");
    CHECK(f.runs("a", noon + 1min) == (retry ? 2 : 1));
    if (retry) CHECK(f.starts.back().trigger == run_trigger::retry_unknown);
  }
}

TEST_CASE("missed ticks are caught up as the job says, and the others are on record") {
  for (const std::uint32_t most : {0u, 1u, 3u, cron::catch_up_all}) {
    CAPTURE(most);
    cron_fixture f;
    const std::vector<job_ptr> jobs{with(make_job("a", "* * * * *"), [&](cron::job& j) {
      j.catch_up = most;
      j.starting_deadline = 4min;
    })};
    cron_replica& first = f.lead("p1", jobs);
    f.rt.advance(1min + 5s);
    first.leave();
    f.rt.advance(6min + 20s);  // without a leader at 12:02 to 12:07
    cron_replica& second = f.add("p2", jobs);
    second.start();
    f.run_until_led_by(second);
    f.rt.advance(5s);
    const std::size_t caught_up = most == 0 ? 0 : most == 1 ? 1 : most == 3 ? 3 : 4;
    CHECK(f.starts.size() == 1 + caught_up);
    if (caught_up > 0) {
      CHECK(f.starts.back().tick == noon + 7min);
      CHECK(f.starts.back().trigger == run_trigger::catch_up);
    }
    const auto recent = f.document("a").recent;
    const auto row = std::ranges::find(recent, record_state::skipped, &cron::run_record::state);
    REQUIRE(row != recent.end());
    CHECK(row->tick == noon + 2min);
    CHECK(row->count == 6 - caught_up);
    CHECK(row->reason ==
          (most == cron::catch_up_all ? skip_reason::deadline : skip_reason::no_leader));
  }
}

TEST_CASE("a clock that is put back stops no job that follows it, and repeats no fixed time") {
  cron_fixture f;
  cron_replica& r = f.lead(
      "p1", {make_job("every", "@every 10s"), make_job("minute", "* * * * *"),
             make_job("fixed", "2 12 * * *")});
  f.rt.advance(2min + 30s);
  const auto ran = [&](const std::string& job) {
    return std::ranges::count(f.starts, job, &begun::job);
  };
  CHECK(ran("fixed") == 1);
  const auto every = ran("every");
  const auto minute = ran("minute");
  r.clock.step(-std::chrono::hours(2));
  f.rt.advance(2min);
  CHECK(ran("every") >= every + 11);
  CHECK(ran("minute") >= minute + 2);
  f.rt.advance(2h);
  CHECK(ran("fixed") == 1);
}

TEST_CASE("a clock that is put forward by 30 days is on record, and runs what catch_up says") {
  cron_fixture f;
  std::vector<job_ptr> jobs;
  for (int i = 0; i < 300; ++i) {
    const std::string minute = std::to_string(i % 60);
    jobs.push_back(make_job("j" + std::to_string(i), i % 2 ? minute + " * * * *" : "* * * * *"));
  }
  cron_replica& r = f.lead("p1", jobs);
  f.rt.advance(30s);
  r.clock.step(std::chrono::days(30));
  f.rt.advance(1s);
  CHECK(f.starts.size() >= 150);  // the newest of each minute's job
  CHECK(r.leads());
  const auto recent = f.document("j0").recent;
  REQUIRE(recent.size() >= 2);
  CHECK(recent.front().reason == skip_reason::suspended);
  CHECK(recent.front().count == 30 * 24 * 60 - 1);
}

TEST_CASE("what waits for an earlier run is left to the successor, and skips say why") {
  cron_fixture f;
  const std::vector<job_ptr> jobs{
      with(make_job("queued", "@every 10s"),
           [](cron::job& j) { j.overlap = cron::overlap_rule::queue; }),
      make_job("forbidden", "@every 10s")};
  cron_replica& first = f.lead("p1", jobs);
  first.runner.length = 25s;
  f.rt.advance(22s);  // one runs since :10, one waits since :20
  CHECK(f.document("queued").open.size() == 2);
  CHECK(f.document("forbidden").recent.back().reason == skip_reason::overlap);
  cron_replica& second = f.add("p2", jobs);
  second.start();
  first.leave();
  f.run_until_led_by(second);
  f.rt.advance(1s);
  CHECK(f.runs("queued", noon + 20s) == 1);
  CHECK(f.mistakes("queued", noon + 20s, noon + 20s).empty());
}

TEST_CASE("a paused job does not run, and an operator's run runs once") {
  cron_fixture f;
  const cron::ledger_keys keys("cron");
  cron::operator_note note;
  note.job = "a";
  note.by = "test";
  f.ask("PUT", keys.paused("a"), cron::to_json(note));
  f.ask("PUT", keys.request("order1"), cron::to_json(note));
  cron_replica& first = f.lead("p1", one("@every 1s"));
  f.rt.advance(5s);
  REQUIRE(f.starts.size() == 1);
  CHECK(f.starts.front().trigger == run_trigger::operator_request);
  CHECK(f.starts.front().id == "order1");
  CHECK(f.ask("GET", keys.request("order1")).status == 404);
  // A watch may still show the order to the next leader.
  cron::control_state stale;
  cron::run_order order;
  order.id = "order1";
  order.key = keys.request("order1");
  order.value = cron::to_json(note);
  order.modify_index = 7;
  order.note = note;
  stale.orders.push_back(order);
  first.schedule->control_changed(stale);
  f.rt.advance(5s);
  REQUIRE(f.starts.size() >= 2);  // no longer paused
  CHECK(std::ranges::count(f.starts, std::string("order1"), &begun::id) == 1);
  CHECK(f.document("a").recent.at(1).reason == skip_reason::paused);
}

TEST_CASE("an operator's run that waits is left to the successor; its key goes with its claim") {
  cron_fixture f;
  const std::vector<job_ptr> jobs{with(make_job("a", "0 0 1 1 *"), [](cron::job& j) {
    j.overlap = cron::overlap_rule::queue;
  })};
  const cron::ledger_keys keys("cron");
  cron::operator_note note;
  note.job = "a";
  const auto ask_for = [&](cron_replica& r, const std::string& id) {
    f.ask("PUT", keys.request(id), cron::to_json(note));
    const std::vector<cron::ledger_entry> all = f.rt.run(r.store.list(keys.control()));
    r.schedule->control_changed(cron::read_control(keys, all));
    f.rt.advance(1s);
  };
  cron_replica& first = f.lead("p1", jobs);
  first.runner.length = 10min;
  ask_for(first, "one");
  ask_for(first, "two");
  CHECK(f.starts.size() == 1);
  CHECK(f.ask("GET", keys.request("one")).status == 404);
  CHECK(f.ask("GET", keys.request("two")).status == 200);
  cron_replica& second = f.add("p2", jobs);
  second.start();
  first.loop.pause();
  f.run_until_led_by(second);
  f.rt.advance(2s);
  REQUIRE(f.starts.size() == 2);
  CHECK(f.starts.back().id == "two");
  CHECK(f.ask("GET", keys.request("two")).status == 404);
}

TEST_CASE("a reload keeps what goes on, and a new schedule repeats nothing") {
  cron_fixture f;
  cron_replica& r = f.lead("p1", {make_job("a", "@every 10s"), make_job("gone", "@every 10s")});
  r.runner.length = 5s;
  f.rt.advance(11s);
  r.schedule->reload({make_job("a", "@every 2s"), make_job("new", "@every 10s")});
  f.rt.advance(10s);
  CHECK(f.runs("a", noon + 10s) == 1);
  CHECK(f.runs("a", noon + 16s) == 1);
  CHECK(f.runs("new", noon + 20s) == 1);
  CHECK(f.runs("gone", noon + 20s) == 0);
  r.schedule->reload({make_job("a", "@every 2s"), make_job("gone", "@every 10s")});
  f.rt.advance(10s);
  CHECK(f.runs("gone", noon + 30s) == 1);
  CHECK(f.document("gone").recent.front().tick == noon + 10s);  // the run that went on
}

TEST_CASE("full lists of records become pages, and old pages go") {
  cron_fixture f;
  f.lead("p1", {with(make_job("a", "@every 1s"), [](cron::job& j) { j.history = 40; })});
  f.rt.advance(105s);
  const cron::ledger_document d = f.document("a");
  CHECK(d.records >= 100);
  CHECK(d.pages >= 4);
  CHECK(f.ask("GET", "cron/pages/a/1").status == 404);
  const auto page = f.ask("GET", "cron/pages/a/" + std::to_string(d.pages) + "?raw");
  REQUIRE(page.status == 200);
  CHECK(cron::parse_ledger_page(page.body).value().size() == cron::records_per_page);
}

TEST_CASE("a shorter history removes the pages that it makes too old, also in a later term") {
  const auto job_with = [](std::uint32_t history) {
    return with(make_job("a", "@every 1s"), [&](cron::job& j) { j.history = history; });
  };
  const auto pages = [](cron_fixture& f) {
    const auto keys = f.ask("GET", "cron/pages/a/?keys");
    if (keys.status != 200) return std::ptrdiff_t{0};
    return std::count(keys.body.begin(), keys.body.end(), ',') + 1;
  };
  cron_fixture f;
  auto& first = f.lead("p1", {job_with(1000)});
  f.rt.advance(605s);
  CHECK(pages(f) == 30);
  SECTION("by a reload") {
    first.schedule->reload({job_with(60)});
  }
  SECTION("by the next leader") {
    first.leave();
    f.rt.run_until([&] { return !first.leads(); });
    f.lead("p2", {job_with(60)});
  }
  f.rt.advance(10s);
  CHECK(pages(f) == 3);
  const cron::ledger_document d = f.document("a");
  CHECK(d.first_page == d.pages - 2);
  CHECK(f.records("a").size() >= 60);
}

TEST_CASE("a job that is never due again costs nothing") {
  cron_fixture f;
  cron_replica& r = f.lead("p1", {[] {
    cron::job made(cron::schedule::at("2020-01-01T00:00Z"),
                   cron::named_zone("UTC", std::make_shared<cron::utc_zone>()));
    made.name = "past";
    return std::make_shared<const cron::job>(std::move(made));
  }()});
  f.rt.advance(1h);  // the runtime throws if the loop of the term spins
  CHECK(r.leads());
  CHECK(f.starts.empty());
  CHECK_FALSE(f.document("past").next_tick);
}

TEST_CASE("a document that a person has removed is written again") {
  cron_fixture f;
  f.lead("p1", one("@every 1s"));
  f.rt.advance(5s + 500ms);
  f.ask("DELETE", "cron/jobs/a");
  f.rt.advance(5s);
  CHECK(f.starts.size() == 10);
  CHECK(f.document("a").records == 10);
}

TEST_CASE("a thousand jobs of one tick share their transactions") {
  cron_fixture f;
  std::vector<job_ptr> jobs;
  for (int i = 0; i < 1000; ++i) jobs.push_back(make_job("j" + std::to_string(i), "* * * * *"));
  cron_replica& r = f.lead("p1", jobs);
  f.rt.advance(59s);
  std::size_t requests = 0;
  r.process.transport->network = [&](runtime::lane, const runtime::http_request&) {
    ++requests;
    return fate(1ms, 1ms);
  };
  f.rt.advance(1s + 900ms);
  CHECK(f.starts.size() == 1000);
  CHECK(f.starts.back().at - f.starts.front().at < 200ms);
  CHECK(requests < 100);  // claims and records: 60 documents a transaction
}
