#include "tenure-cron/http/run_metrics.hpp"

#include <algorithm>
#include <chrono>

#include "tenure-cron/operating/job_status.hpp"

namespace tenure::cron {
namespace {

double seconds_of(duration d) { return std::chrono::duration<double>(d).count(); }

}  // namespace

run_metrics::histogram::histogram(std::vector<double> bounds)
    : bounds_(std::move(bounds)), counts_(bounds_.size() + 1) {}

void run_metrics::histogram::add(double value) {
  const auto bound = std::ranges::lower_bound(bounds_, value);
  ++counts_[static_cast<std::size_t>(bound - bounds_.begin())];
  sum_ += value;
}

void run_metrics::histogram::append_to(apps::exposition& out, const char* name,
                                       const char* help) const {
  out.histogram(name, help, bounds_, counts_, sum_);
}

run_metrics::counts run_metrics::counts_of(std::initializer_list<const char*> words) {
  counts made;
  for (const char* word : words) made.emplace(word, 0);
  return made;
}

run_metrics::run_metrics()
    : lateness_({0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 300}),
      took_({0.01, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14400, 86400}) {}

// A run that comes late on purpose has no lateness: one that is caught up, or that an operator
// wants.
void run_metrics::on_begun(const job&, const open_run& run, duration late) {
  ++begun_[to_string(run.trigger)];
  if (run.trigger == run_trigger::schedule)
    lateness_.add(std::max(0.0, seconds_of(late)));
}

void run_metrics::on_record(const job& what, const run_record& record) {
  if (record.state == record_state::skipped) {
    skipped_[to_string(record.reason)] += record.count;
    return;
  }
  ++ended_[outcome_of(record)];
  if (record.state != record_state::finished) return;
  took_.add(seconds_of(record.took));
  job_numbers& numbers = jobs_[what.name];
  const auto began = std::chrono::floor<std::chrono::seconds>(record.began.time_since_epoch());
  numbers.last_run =
      (began + std::chrono::floor<std::chrono::seconds>(record.took)).count();
  numbers.failing = record.failed();
  if (!record.failed()) numbers.last_success = numbers.last_run;
}

void run_metrics::on_ledger_write(write_outcome::kind how) { ++writes_[to_string(how)]; }

// Its next leader may have had runs by now: these numbers would be wrong.
void run_metrics::on_term_over(const job& what) { jobs_.erase(what.name); }

void run_metrics::append_to(apps::exposition& out, bool with_jobs) const {
  const auto all = [&](const char* name, const char* help, const char* label, const counts& from) {
    out.head(name, "counter", help);
    for (const auto& [word, number] : from) out.value(label, word, number);
  };
  all("tenure_cron_runs_started_total", "Runs that began, by what asked for them.", "trigger",
      begun_);
  all("tenure_cron_runs_total", "Runs that ended, by how.", "result", ended_);
  all("tenure_cron_skipped_ticks_total", "Ticks that did not run, by the reason.", "reason",
      skipped_);
  all("tenure_cron_ledger_writes_total", "Writes of the ledger, by how they ended.", "outcome",
      writes_);
  lateness_.append_to(out, "tenure_cron_start_lateness_seconds",
                      "From the tick and its splay to the begin of a scheduled run.");
  took_.append_to(out, "tenure_cron_run_duration_seconds",
                  "How long runs took, with all of their attempts.");
  if (!with_jobs) return;
  const auto each = [&](const char* name, const char* help, auto value) {
    out.head(name, "gauge", help);
    for (const auto& [job, numbers] : jobs_) {
      out.value("job", job, static_cast<std::uint64_t>(value(numbers)));
    }
  };
  each("tenure_cron_job_last_run_timestamp_seconds",
       "When the last run of the job on this replica ended.",
       [](const job_numbers& n) { return n.last_run; });
  each("tenure_cron_job_last_success_timestamp_seconds",
       "When a run of the job on this replica last succeeded; 0: never.",
       [](const job_numbers& n) { return n.last_success; });
  each("tenure_cron_job_failing", "1 if the last run of the job on this replica did not succeed.",
       [](const job_numbers& n) { return n.failing ? 1 : 0; });
}

}  // namespace tenure::cron
