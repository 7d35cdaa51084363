// The planner when it is called late or the clock was set, and the registry of runs.
#include <catch2/catch_test_macros.hpp>

#include "tenure-cron/running/run_registry.hpp"
#include "tenure-cron/schedule/planner.hpp"

namespace {

using namespace tenure::cron;
using namespace std::chrono_literals;
using std::chrono::sys_days;

const sys_seconds noon = sys_days(std::chrono::year(2024) / 5 / 1) + 12h;

class plan {
 public:
  explicit plan(std::initializer_list<const char*> schedules) : planner_(jobs_) {
    for (const char* s : schedules) jobs_.emplace_back(schedule::parse(s), find_zone("UTC"));
    planner_.begin(noon);
  }
  planner* operator->() { return &planner_; }

 private:
  std::vector<job> jobs_;
  planner planner_;
};

TEST_CASE("moments before or at the begin of the term do not count") {
  plan p{"0 12 * * *", "@every 10s"};
  CHECK(p->take_due(noon).empty());
  CHECK(p->next() == noon + 10s);
}

TEST_CASE("each job is due once at its time") {
  plan p{"@every 10s", "@every 15s"};
  auto due = p->take_due(noon + 10s);
  REQUIRE(due.size() == 1);
  CHECK(due[0].tick == noon + 10s);
  CHECK(due[0].missed == 0);
  CHECK(p->take_due(noon + 10s).empty());
  CHECK(p->next() == noon + 15s);
  CHECK(p->take_due(noon + 30s).size() == 2);
}

TEST_CASE("a late call returns the latest tick and the number of missed ones") {
  plan p{"@every 10s"};
  const auto due = p->take_due(noon + 1h + 5s);
  REQUIRE(due.size() == 1);
  CHECK(due[0].tick == noon + 1h);
  CHECK(due[0].missed == 359);
  CHECK(p->next() == noon + 1h + 10s);
}

TEST_CASE("a clock that is put back brings the next tick closer") {
  plan p{"@hourly"};
  REQUIRE(p->take_due(noon + 1h).size() == 1);
  p->clock_was_set(noon + 30min);
  CHECK(p->next() == noon + 1h);
}

TEST_CASE("jobs are due if the clock is put forward past their time") {
  plan p{"@hourly"};
  p->clock_was_set(noon + 5h);
  const auto due = p->take_due(noon + 5h);
  REQUIRE(due.size() == 1);
  CHECK(due[0].tick == noon + 5h);
  CHECK(due[0].missed == 4);
}

TEST_CASE("without jobs nothing is due") {
  plan p{};
  CHECK(p->next() == sys_seconds::max());
}

TEST_CASE("two runs of a job never overlap") {
  run_registry runs;
  CHECK(runs.try_begin("a", noon, false) == run_registry::decision::run);
  CHECK(runs.try_begin("b", noon, false) == run_registry::decision::run);
  CHECK(runs.try_begin("a", noon + 10s, false) == run_registry::decision::still_running);
  runs.end("a");
  CHECK(runs.try_begin("a", noon + 20s, false) == run_registry::decision::run);
  CHECK(runs.last_tick("a") == noon + 20s);
  CHECK_FALSE(runs.last_tick("c"));
}

TEST_CASE("no tick runs twice, unless the clock was wrong by hours") {
  run_registry runs;
  REQUIRE(runs.try_begin("a", noon, false) == run_registry::decision::run);
  runs.end("a");
  CHECK(runs.try_begin("a", noon, false) == run_registry::decision::already_ran);
  CHECK(runs.try_begin("a", noon - 3h, false) == run_registry::decision::already_ran);
  CHECK(runs.try_begin("a", noon - 3h - 1s, false) == run_registry::decision::run);
}

TEST_CASE("a schedule that follows the clock goes on when the clock is put back") {
  run_registry runs;
  REQUIRE(runs.try_begin("a", noon, true) == run_registry::decision::run);
  runs.end("a");
  CHECK(runs.try_begin("a", noon, true) == run_registry::decision::already_ran);
  CHECK(runs.try_begin("a", noon - 10s, true) == run_registry::decision::already_ran);
  CHECK(runs.try_begin("a", noon - 1min, true) == run_registry::decision::run);
}

TEST_CASE("a clock that is put forward by a month: the missed ticks are counted") {
  plan p{"* * * * *", "@every 1s", "*/5 * * * * *", "0 2 * * *", "0 0 L * *"};
  const auto due = p->take_due(noon + 30 * 24h);
  REQUIRE(due.size() == 5);
  CHECK(due[0].missed == 30u * 24 * 60 - 1);
  CHECK(due[1].missed == 30u * 24 * 3600 - 1);
  CHECK(due[2].missed == 30u * 24 * 720 - 1);
  CHECK(due[3].missed == 29);
  CHECK(due[4].missed == 0);
}

TEST_CASE("a tick that was skipped because of an overlap may run later") {
  run_registry runs;
  REQUIRE(runs.try_begin("a", noon, false) == run_registry::decision::run);
  CHECK(runs.try_begin("a", noon + 1h, false) == run_registry::decision::still_running);
  runs.end("a");
  CHECK(runs.try_begin("a", noon + 1h, false) == run_registry::decision::run);
}

}  // namespace
