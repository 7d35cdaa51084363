// What metrics learn of the runs of a lane, when it happens.
#pragma once

#include <chrono>
#include <string>

#include "tenure-cron/jobs_file/job.hpp"
#include "tenure-cron/ledger/ledger_store.hpp"
#include "tenure-cron/ledger/record.hpp"

namespace tenure::cron {

/// Does nothing by itself: override what is of use. The functions must not throw.
class run_observer {
 public:
  virtual ~run_observer() = default;
  /// A claimed run begins. `late`: since its tick and its splay.
  virtual void on_begun(const job&, const open_run&, duration /*late*/) {}
  /// A run has ended, ticks were skipped, or a run of an earlier leader has an unknown end.
  virtual void on_record(const job&, const run_record&) {}
  /// A write of the ledger has ended.
  virtual void on_ledger_write(write_outcome::kind /*how*/) {}
  /// The lane leads no more, or its job has left the jobs file. Runs of such a job may still end:
  /// then it is called again, after their records.
  virtual void on_term_over(const job&) {}
};

}  // namespace tenure::cron
