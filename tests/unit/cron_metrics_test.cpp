// The numbers of tenure-cron's runs for Prometheus.
#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "tenure-cron/http/run_metrics.hpp"
#include "tenure-cron/schedule/zone.hpp"

using namespace tenure::cron;
using namespace std::chrono_literals;

namespace {

job any_job(const std::string& name) {
  job made(schedule::parse("@daily"), named_zone("UTC", std::make_shared<utc_zone>()));
  made.name = name;
  return made;
}

run_record ended(run_result::ending how) {
  run_record r;
  r.run_id = "id";
  r.began = sys_seconds(1000s);
  r.took = 5s;
  r.ending = how;
  return r;
}

bool shows(const run_metrics& all, const std::string& line) {
  tenure::apps::exposition out;
  all.append_to(out, true);
  return out.take().find('\n' + line) != std::string::npos;
}

}  // namespace

TEST_CASE("metrics of a job: its last run, its last success, and whether it fails") {
  run_metrics all;
  const job what = any_job("backup");
  all.on_record(what, ended(run_result::ending::succeeded));
  CHECK(shows(all, "tenure_cron_job_failing{job=\"backup\"} 0\n"));
  CHECK(shows(all, "tenure_cron_job_last_run_timestamp_seconds{job=\"backup\"} 1005\n"));
  run_record later = ended(run_result::ending::failed);
  later.began += 60s;
  all.on_record(what, later);
  CHECK(shows(all, "tenure_cron_job_failing{job=\"backup\"} 1\n"));
  CHECK(shows(all, "tenure_cron_job_last_run_timestamp_seconds{job=\"backup\"} 1065\n"));
  CHECK(shows(all, "tenure_cron_job_last_success_timestamp_seconds{job=\"backup\"} 1005\n"));
}

TEST_CASE("a job that this replica leads no more has no numbers, and its runs stay counted") {
  run_metrics all;
  all.on_record(any_job("backup"), ended(run_result::ending::failed));
  all.on_record(any_job("other"), ended(run_result::ending::succeeded));
  all.on_term_over(any_job("backup"));
  CHECK_FALSE(shows(all, "tenure_cron_job_failing{job=\"backup\"}"));
  CHECK_FALSE(shows(all, "tenure_cron_job_last_run_timestamp_seconds{job=\"backup\"}"));
  CHECK(shows(all, "tenure_cron_job_failing{job=\"other\"} 0\n"));
  CHECK(shows(all, "tenure_cron_runs_total{result=\"failed\"} 1\n"));
}
