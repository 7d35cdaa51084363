// Which ticks run, and which are recorded as skipped. Pure rules: the time is an argument.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "tenure-cron/jobs_file/job.hpp"
#include "tenure-cron/ledger/ledger_document.hpp"

namespace tenure::cron {

/// A tick that is no later than this is on time: it runs whatever `catch_up` says. So a hand-over
/// between replicas whose clocks differ a little loses nothing.
constexpr std::chrono::seconds punctual{3};
/// If the clock is put back further than this, it was wrong before: ticks may run again.
constexpr std::chrono::hours longest_correction{3};
/// The same for a schedule that follows the clock. Small corrections repeat none of its ticks.
constexpr std::chrono::seconds longest_pause{10};
/// Runs that one job catches up at a time, even with `catch_up: all`.
constexpr std::size_t most_catch_up = 1000;

/// When the run of a tick begins at the earliest: `splay` delays it by a time that follows from the
/// job and the tick, so that all replicas agree on it.
sys_milliseconds start_of(const job& what, sys_seconds tick);

/// Where a job goes on.
class plan {
 public:
  sys_seconds after;  ///< ticks up to this one are decided
  sys_seconds next;   ///< the first tick after it; max() if there is none
  /// The clock was put back: the tick was decided before, by the clock as it was, and the job
  /// follows its clock.
  bool again = false;
};

/// `last`, `highest`: the ticks that were decided last, and the highest one. They may be in the
/// future: decided by the clock of another replica, or by this clock before it was put back.
plan plan_next(const job& what, sys_seconds last, sys_seconds highest, sys_seconds now);

/// What becomes of the ticks in (after, now].
class decision {
 public:
  std::vector<sys_seconds> run;  ///< the oldest first
  bool late = false;             ///< all but those on time are caught up
  std::vector<run_record> skipped;
  sys_seconds last;  ///< the last one that is decided
};

/// `missed`: why the ticks were missed that do not run. Of ticks that are decided again only one
/// on time runs, and none is on record.
decision decide(const job& what, const plan& from, sys_seconds now, bool paused,
                skip_reason missed);

/// Whether a run of that tick may still begin.
bool within_deadline(const job& what, sys_seconds tick, sys_seconds now);

/// Adds a record to the document of a job.
void add_record(ledger_document& document, const job& what, run_record r);

/// Makes the document of a job that of a new term. Runs of earlier terms that were claimed get a
/// record with an unknown end; under retry_unknown they wait to run again. What waited still waits,
/// within starting_deadline. Then the document is planned for the job as it is now.
/// Returns the records that it added.
std::vector<run_record> take_over(ledger_document& document, const job& what, sys_seconds now,
                                  const std::function<std::string()>& make_run_id);

/// The job's schedule has been set or changed: what ran never runs again, and nothing was missed.
void adopt_schedule(ledger_document& document, const job& what, sys_seconds now);

}  // namespace tenure::cron
