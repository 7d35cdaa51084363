// What metrics and the status page learn of the runs of a lane, when it happens.
#pragma once

#include <chrono>
#include <string>

#include "tenure-cron/jobs_file/job.hpp"
#include "tenure-cron/ledger/ledger_document.hpp"
#include "tenure-cron/ledger/ledger_store.hpp"
#include "tenure-cron/ledger/record.hpp"

namespace tenure::cron {

/// Does nothing by itself: override what is of use. The functions must not throw.
class run_observer {
 public:
  virtual ~run_observer() = default;
  /// A term of the lane has read the ledger, or a reload has added the job.
  virtual void on_job(const job&, const ledger_document&) {}
  /// A claimed run begins. `late`: since its tick and its splay.
  virtual void on_begun(const job&, const open_run&, duration /*late*/) {}
  /// A run has ended, ticks were skipped, or a run of an earlier leader has an unknown end.
  virtual void on_record(const job&, const run_record&) {}
  /// The job's next tick.
  virtual void on_planned(const job&, sys_seconds /*next*/) {}
  /// A write of the ledger has ended.
  virtual void on_ledger_write(write_outcome::kind /*how*/) {}
  /// The lane leads no more.
  virtual void on_term_over(const job&) {}
};

}  // namespace tenure::cron
