// What tenure-cron forgets of jobs and of the ledger when it needs it no more.
#include <malloc.h>

#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "cron_term_fixture.hpp"
#include "tenure-cron/ledger/tick_rules.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

std::size_t bytes_in_use() {
  const struct mallinfo2 all = ::mallinfo2();
  return all.uordblks + all.hblkhd;
}

}  // namespace

TEST_CASE("metrics forget a job with its term, also one that ran on after it left the file") {
  cron_fixture f;
  cron_replica& r = f.add("p1", {make_job("a", "@every 10s"), make_job("b", "@every 10s")});
  class : public cron::run_observer {
   public:
    void on_record(const cron::job& what, const cron::run_record&) override {
      known.insert(what.name);
    }
    void on_term_over(const cron::job& what) override { known.erase(what.name); }
    std::set<std::string> known;
  } seen;
  r.lane.observer = &seen;
  r.runner.length = 4s;
  r.start();
  f.run_until_led_by(r);
  f.rt.advance(15s);
  CHECK(seen.known == std::set<std::string>{"a", "b"});
  r.schedule->reload({make_job("a", "@every 10s")});
  f.rt.advance(2s);
  CHECK(seen.known == std::set<std::string>{"a"});
  f.rt.advance(4s);
  r.schedule->reload({});
  f.rt.advance(10s);
  r.leave();
  f.rt.advance(10s);
  CHECK(f.document("a").recent.size() == 2);
  CHECK(seen.known.empty());
}

TEST_CASE("a job that left the file is forgotten with its last record, and misses nothing") {
  cron_fixture f;
  std::vector<job_ptr> jobs{make_job("a", "@every 10s"), make_job("b", "@every 10s")};
  const std::weak_ptr<const cron::job> gone = jobs.back();
  cron_replica& r = f.lead("p1", jobs);
  const auto reload = [&] {
    r.lane.jobs = jobs;
    r.schedule->reload(jobs);
  };
  r.runner.length = 4s;
  f.rt.advance(11s);
  jobs.pop_back();
  reload();
  f.rt.advance(1s);
  CHECK_FALSE(gone.expired());  // its run goes on
  f.rt.advance(5s);
  CHECK(gone.expired());
  CHECK(f.document("b").recent.size() == 1);
  f.rt.advance(30s);
  jobs.push_back(make_job("b", "@every 10s"));
  reload();
  f.rt.advance(20s);
  CHECK(f.ticks("b") ==
        std::map<sys_seconds, int>{{noon + 10s, 1}, {noon + 50s, 1}, {noon + 60s, 1}});
  CHECK(f.document("b").recent.size() == 3);
}

TEST_CASE("a job that left the file leaves nothing open: what waited is on record as removed") {
  const job_ptr stays = make_job("stays", "@every 10s");
  const job_ptr delayed = with(make_job("delayed", "@every 10s"), [](cron::job& j) {
    j.splay = 1h;
  });
  const job_ptr queued = with(make_job("queued", "@every 10s"), [](cron::job& j) {
    j.overlap = cron::overlap_rule::queue;
  });
  for (const sys_seconds tick : {noon + 10s, noon + 20s})
    REQUIRE(cron::start_of(*delayed, tick) > noon + 1min);
  for (const bool at_the_end : {false, true}) {
    INFO(at_the_end);
    cron_fixture f;
    cron_replica& r = f.lead("p1", {stays, delayed, queued});
    r.runner.length = 15s;
    f.rt.advance(22s);
    REQUIRE(f.document("queued").open.size() == 2);  // one runs, and one waits for it
    REQUIRE(f.document("delayed").open.size() == 2);
    r.schedule->reload({stays});
    if (at_the_end) r.leave();  // before the loop has come to the reload
    f.rt.advance(15s);
    const auto removed = [&](const char* name) {
      std::uint64_t ticks = 0;
      for (const cron::run_record& one : f.records(name))
        if (one.reason == cron::skip_reason::removed) ticks += one.count;
      return ticks;
    };
    CHECK(removed("queued") == 1);
    CHECK(removed("delayed") == 2);
    for (const char* const name : {"delayed", "queued"}) {
      INFO(name);
      const cron::ledger_document d = f.document(name);
      CHECK(d.open.empty());
      CHECK_FALSE(d.next_tick.has_value());
      CHECK(f.mistakes(name, noon + 20s, noon + 20s).empty());
    }
    CHECK(f.runs("queued", noon + 20s) == 0);
    CHECK(f.runs("stays", noon + 30s) == (at_the_end ? 0 : 1));
  }
}

TEST_CASE("the store of the ledger keeps nothing of what it has read") {
  cron_fixture f;
  cron_replica& r = f.add("p1", {});
  std::vector<std::string> keys;
  for (int i = 0; i < 60; ++i) {
    keys.push_back("cron/jobs/j" + std::to_string(i));
    f.ask("PUT", keys.back(), std::string(100'000, 'x'));
  }
  const auto read_by = [&](cron::consul_ledger_store& store) {
    CHECK(f.rt.run(store.list("cron/jobs/")).size() == keys.size());
    CHECK(f.rt.run(store.read(keys)).size() == keys.size());
  };
  cron::consul_ledger_store first(*r.process.elections);
  cron::consul_ledger_store second(*r.process.elections);
  read_by(first);  // the buffers of the connections stay
  const std::size_t before = bytes_in_use();
  read_by(second);
  CHECK(bytes_in_use() < before + 1'000'000);
}
