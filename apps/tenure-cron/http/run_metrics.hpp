// Counts what happens to the jobs that this replica runs, for Prometheus.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <vector>

#include "common/exposition.hpp"
#include "tenure-cron/ledger/ledger_store.hpp"
#include "tenure-cron/term/run_observer.hpp"

namespace tenure::cron {

class run_metrics final : public run_observer {
 public:
  run_metrics();
  void on_begun(const job& what, const open_run& run, duration late) override;
  void on_record(const job& what, const run_record& record) override;
  void on_ledger_write(write_outcome::kind how) override;
  void on_term_over(const job& what) override;

  /// `with_jobs`: also the last runs of each job that this replica leads, by its name as a label.
  void append_to(apps::exposition& out, bool with_jobs) const;

 private:
  class histogram {
   public:
    explicit histogram(std::vector<double> bounds);
    void add(double value);
    void append_to(apps::exposition& out, const char* name, const char* help) const;

   private:
    std::vector<double> bounds_;
    std::vector<std::uint64_t> counts_;
    double sum_ = 0;
  };
  class job_numbers {
   public:
    std::int64_t last_run = 0;      // the end of the last run, in seconds since 1970
    std::int64_t last_success = 0;
    bool failing = false;
  };
  using counts = std::map<std::string, std::uint64_t>;
  static counts counts_of(std::initializer_list<const char*> words);

  counts begun_ = counts_of({"schedule", "catch_up", "operator", "retry_unknown"});
  counts ended_ = counts_of({"ok", "failed", "stopped", "not_started", "unknown"});
  counts skipped_ = counts_of({"no_leader", "suspended", "overlap", "limit", "deadline", "paused",
                               "removed"});
  counts writes_ = counts_of({"done", "refused", "not_leading", "unknown", "failed"});
  histogram lateness_;
  histogram took_;
  std::map<std::string, job_numbers> jobs_;  // that ran in a term that goes on
};

}  // namespace tenure::cron
