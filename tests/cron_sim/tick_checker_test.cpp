// The checker itself: each rule, violated once by hand.
#include "cron_sim/tick_checker.hpp"

#include <catch2/catch_test_macros.hpp>
#include <string>

namespace {

using namespace tenure;
using namespace tenure::cron_sim;
using cron::run_trigger;
using cron::sys_seconds;
using namespace std::chrono_literals;

constexpr sys_seconds start(1'767'225'600s);

/// One job, due every ten seconds.
class checked_job {
 public:
  explicit checked_job(std::uint32_t catch_up = 1, bool retry_unknown = false) {
    cron::job j(cron::schedule::parse("@every 10s"), cron::find_zone("UTC"));
    j.name = "job";
    j.catch_up = catch_up;
    j.retry_unknown = retry_unknown;
    scenario.jobs.emplace_back(std::make_shared<const cron::job>(std::move(j)), command_manner());
    write("");
  }

  static std::string seconds(int tick) {
    return std::to_string((start + tick * 1s).time_since_epoch().count());
  }
  /// The document with L at `last_`, these open runs and records.
  void write(const std::string& open) {
    const std::string text = "{\"last\":" + seconds(last) + ",\"open\":[" + open +
                             "],\"recent\":[" + records + "],\"records\":1}";
    std::optional<agent::kv_fields> before;
    std::optional<agent::kv_fields> after(agent::kv_fields{});
    after->value = text;
    checker.key_changed(sim::key_change{"ledger/jobs/job", before, after, 0});
  }
  static std::string claimed(int tick, const std::string& id, int fence,
                             const std::string& trigger = "schedule") {
    return "{\"state\":\"claimed\",\"tick\":" + seconds(tick) + ",\"run\":\"" + id +
           "\",\"trigger\":\"" + trigger + "\",\"fence\":" + std::to_string(fence) + "}";
  }
  void record(int tick, const std::string& rest) {
    records += (records.empty() ? "" : ",") + ("{\"tick\":" + seconds(tick)) + "," + rest + "}";
  }
  /// Claims a run and begins it.
  void run(int tick, const std::string& id, int fence,
           run_trigger trigger = run_trigger::schedule) {
    last = std::max(last, tick);
    write(claimed(tick, id, fence, to_string(trigger)));
    begin(tick, id, fence, trigger);
  }
  void begin(int tick, const std::string& id, int fence,
             run_trigger trigger = run_trigger::schedule,
             lease_state lease = lease_state::own_only) {
    begun_run b;
    b.request =
        cron::run_request(scenario.jobs.front().what, start + tick * 1s, id, trigger);
    b.request.fence = static_cast<std::uint64_t>(fence);
    b.replica = "r";
    b.lease = lease;
    b.goes_on = [this] { return goes_on; };
    checker.begins(std::move(b));
  }
  void finish(int tick, const std::string& id) {
    record(tick, "\"state\":\"finished\",\"trigger\":\"schedule\",\"run\":\"" + id + "\"");
    write("");
  }
  void skip(int from, int until, const std::string& reason) {
    record(from, "\"until\":" + seconds(until) + ",\"state\":\"skipped\",\"reason\":\"" + reason +
                     "\"");
  }
  std::string rule() const { return world.violation().substr(0, 2); }
  std::string final_rule(int until) {
    checker.final_check(start + until * 1s);
    INFO(world.violation());
    return rule();
  }

  sim::world world{1};
  cron_scenario scenario;
  tick_checker checker{world, scenario};
  int last = 0;
  std::string records;
  bool goes_on = false;
};

}  // namespace

TEST_CASE("checker: runs and a skip without a mistake") {
  checked_job j;
  j.run(10, "a", 5);
  j.finish(10, "a");
  j.run(20, "b", 5);
  j.finish(20, "b");
  j.skip(30, 40, "paused");
  j.last = 40;
  j.write("");
  CHECK(j.final_rule(45) == "");
}

TEST_CASE("checker C1: a tick that begins twice, and a run that does") {
  checked_job j;
  j.run(10, "a", 5);
  j.run(10, "b", 5);
  CHECK(j.rule() == "C1");
  checked_job again;
  again.run(10, "a", 5);
  again.begin(20, "a", 5);
  CHECK(again.rule() == "C1");
}

TEST_CASE("checker C1: a run with an unknown end is tried again only after it is over") {
  const auto retry = [](bool allowed, bool goes_on) {
    checked_job j(1, allowed);
    j.run(10, "a", 5);
    j.record(10, "\"state\":\"unknown\",\"trigger\":\"schedule\",\"run\":\"a\"");
    j.write("");
    j.goes_on = goes_on;
    j.run(10, "b", 6, run_trigger::retry_unknown);
    return j.rule();
  };
  CHECK(retry(true, false) == "");
  CHECK(retry(false, false) == "C1");
  CHECK(retry(true, true) != "");
}

TEST_CASE("checker C2: a run begins after the lease, or within another's") {
  for (const lease_state lease : {lease_state::none, lease_state::another}) {
    checked_job j;
    j.write(checked_job::claimed(10, "a", 5));
    j.begin(10, "a", 5, run_trigger::schedule, lease);
    CHECK(j.rule() == "C2");
  }
}

TEST_CASE("checker C3: a tick is missing, there twice, skipped although it ran, or untrue") {
  checked_job missing;
  missing.run(10, "a", 5);
  missing.finish(10, "a");
  missing.last = 30;
  missing.skip(30, 30, "overlap");
  missing.write("");
  CHECK(missing.final_rule(35) == "C3");

  checked_job twice;
  twice.skip(10, 10, "overlap");
  twice.skip(10, 10, "paused");
  twice.last = 10;
  twice.write("");
  CHECK(twice.final_rule(15) == "C3");

  checked_job ran;
  ran.run(10, "a", 5);
  ran.skip(10, 10, "overlap");
  ran.write("");
  CHECK(ran.final_rule(15) == "C3");

  checked_job untrue;
  untrue.last = 10;
  untrue.finish(10, "a");
  CHECK(untrue.final_rule(15) == "C3");

  checked_job lost;
  lost.run(10, "a", 5);
  lost.write("");
  CHECK(lost.final_rule(5) == "C3");
}

TEST_CASE("checker C4: missed ticks that do not run late, and one that does") {
  checked_job last;
  last.skip(10, 30, "no_leader");
  last.last = 30;
  last.write("");
  CHECK(last.final_rule(35) == "C4");

  checked_job well;
  well.skip(10, 20, "no_leader");
  well.last = 30;
  well.write(checked_job::claimed(30, "a", 5, "catch_up"));
  well.begin(30, "a", 5, run_trigger::catch_up);
  well.record(30, "\"state\":\"finished\",\"trigger\":\"catch_up\",\"run\":\"a\"");
  well.write("");
  CHECK(well.final_rule(35) == "");

  checked_job none(0);
  none.run(30, "a", 5, run_trigger::catch_up);
  CHECK(none.rule() == "C4");
}

TEST_CASE("checker C5: the fence of a claim decreases") {
  checked_job j;
  j.run(10, "a", 5);
  j.finish(10, "a");
  j.run(20, "b", 4);
  CHECK(j.rule() == "C5");
}

TEST_CASE("checker C7: two runs of a job at once") {
  checked_job j;
  j.run(10, "a", 5);
  j.goes_on = true;
  j.run(20, "b", 5);
  CHECK(j.rule() == "C7");
}

TEST_CASE("checker C8: a run that was not claimed") {
  checked_job j;
  SECTION("at all") { j.begin(10, "a", 5); }
  SECTION("by this term, in a ledger that is lost since then") {
    j.last = 10;
    j.write(checked_job::claimed(10, "a", 5));
    j.checker.consul_erased();
    j.begin(10, "a", 6);
  }
  CHECK(j.rule() == "C8");
}

TEST_CASE("a run that was claimed in a lost ledger may begin, and has no record") {
  checked_job j;
  j.last = 10;
  j.write(checked_job::claimed(10, "a", 5));
  j.checker.consul_erased();
  j.begin(10, "a", 5);
  j.last = 5;  // the clock of the next leader
  j.write("");
  CHECK(j.final_rule(5).empty());
}
