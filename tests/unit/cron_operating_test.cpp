// What operators read: the next runs of a job in its zone, and the words and the JSON of its state.
#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tenure-cron/operating/job_status.hpp"
#include "tenure-cron/operating/next_runs.hpp"

namespace {

using namespace tenure::cron;
using namespace std::chrono_literals;
using std::chrono::sys_days;
using std::chrono::year;

TEST_CASE("the next runs of a job, as the clock of its zone shows them") {
  const job nightly(schedule::parse("30 2 * * *"), find_zone("Europe/Berlin"));
  const auto runs = next_runs(nightly, sys_days(year(2026) / 3 / 28) + 12h, 3);
  REQUIRE(runs.size() == 3);
  // On the 29th, 2:30 is in the gap: the run is at its end.
  CHECK(local_text(runs[0], *nightly.zone.where) == "2026-03-29T03:00:00+02:00");
  CHECK(local_text(runs[1], *nightly.zone.where) == "2026-03-30T02:30:00+02:00");
  CHECK(readable_local_text(runs[1], *nightly.zone.where) == "Mon 2026-03-30 02:30:00 +02:00");
  const job west(schedule::at("2026-12-01T03:00"), find_zone("America/St_Johns"));
  const auto once = next_runs(west, sys_days(year(2026) / 1 / 1), 5);
  REQUIRE(once.size() == 1);
  CHECK(local_text(once[0], *west.zone.where) == "2026-12-01T03:00:00-03:30");
}

TEST_CASE("the state of a job: what runs comes before a pause, and a pause before what waits") {
  job_status status("a");
  CHECK(std::string(status.state()) == "idle");
  CHECK(status.last() == nullptr);
  status.document.emplace();
  open_run run;
  run.what = open_run::state::waiting;
  status.document->open = {run};
  CHECK(std::string(status.state()) == "waiting");
  status.paused.emplace();
  CHECK(std::string(status.state()) == "paused");
  run.what = open_run::state::claimed;
  run.host = "b";
  status.document->open.push_back(run);
  CHECK(std::string(status.state()) == "running");
  CHECK(status.current()->host == "b");
}

TEST_CASE("a job that the file does not have is removed, whatever its document says") {
  jobs_file file;
  for (const run_place place : {run_place::leader, run_place::all}) {
    job made(schedule::parse("@daily"), find_zone("UTC"));
    made.name = place == run_place::all ? "everywhere" : "led";
    made.run_on = place;
    file.jobs.push_back(std::make_shared<const job>(std::move(made)));
  }
  const auto status = [](const char* name, const char* member) {
    job_status made(name);
    made.member = member;
    made.document.emplace();
    made.document->next_tick = sys_seconds(60s);
    made.document->open.emplace_back();
    return made;
  };
  std::vector<job_status> all{status("led", ""), status("everywhere", "h"), status("gone", ""),
                              status("led", "h"), status("everywhere", "")};
  mark_removed(all, file);
  for (std::size_t i = 0; i < all.size(); ++i) {
    INFO(i);
    CHECK(std::string(all[i].state()) == (i < 2 ? "waiting" : "removed"));
    CHECK(all[i].next().has_value() == (i < 2));
  }
  CHECK(to_json(all[2]).find(R"("state":"removed","paused":null,"next":null)") !=
        std::string::npos);
  all[2].document->open.front().what = open_run::state::started;
  CHECK(std::string(all[2].state()) == "running");
}

TEST_CASE("records in words") {
  run_record r;
  CHECK(std::string(outcome_of(r)) == "ok");
  CHECK(detail_of(r).empty());
  r.ending = run_result::ending::stopped;
  r.text = "was ended by SIGTERM";
  r.cause = stop_cause::timeout;
  r.attempts = 3;
  CHECK(std::string(outcome_of(r)) == "stopped");
  CHECK(detail_of(r) == "was ended by SIGTERM, timeout, 3 attempts");
  const run_record row = skipped_ticks(sys_seconds(10s), sys_seconds(30s), 3,
                                       skip_reason::no_leader);
  CHECK(std::string(outcome_of(row)) == "skipped");
  CHECK(detail_of(row) == "no_leader, 3 ticks");
  r.state = record_state::unknown;
  CHECK(std::string(outcome_of(r)) == "unknown");
}

TEST_CASE("the JSON of a job keeps its members, whatever is known") {
  job_status status("a");
  CHECK(to_json(status) == R"({"job":"a","member":"","schedule":"","zone":"","state":"idle",)"
                           R"("paused":null,"next":null,"open":[],"last":null,"records":0})");
  status.document.emplace();
  status.document->schedule = "@daily";
  status.document->zone = "UTC";
  status.document->next_tick = sys_seconds(86400s);
  status.document->add(skipped_ticks(sys_seconds(1s), sys_seconds(1s), 1, skip_reason::overlap));
  status.paused.emplace();
  status.paused->by = "ops@h";
  CHECK(to_json(status) ==
        R"({"job":"a","member":"","schedule":"@daily","zone":"UTC","state":"paused",)"
        R"("paused":{"by":"ops@h","at":0},"next":86400,"open":[],)"
        R"("last":{"tick":1,"state":"skipped","reason":"overlap"},"records":1})");
}

}  // namespace
