// One term of one lane: plans the ticks, claims them in the ledger, and has the jobs run.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>
#include <tenure/term.hpp>
#include <vector>

#include "tenure-cron/running/run_result.hpp"
#include "tenure-cron/term/control_state.hpp"
#include "tenure-cron/term/lane_context.hpp"

namespace tenure::cron {

class term_core;

/// Rests on three rules, which together make that a tick runs at most once in the fleet:
/// - A run begins only after its claim is in the ledger, written under the guard of this very term
///   and over the version of the document that this term has read.
/// - The lease is asked directly before the run begins.
/// - No tick up to the last decided one is decided again, by whichever clock it was decided.
class term_schedule {
 public:
  /// `lane` must outlive it.
  term_schedule(lane_context& lane, term leading);
  term_schedule(const term_schedule&) = delete;
  term_schedule& operator=(const term_schedule&) = delete;
  /// run() must have completed, or its coroutine must have been destroyed.
  ~term_schedule();

  /// Runs until the term must stop, stop() was called, or a hand-over is wanted; then starts
  /// nothing more, waits for the runs that go on, and writes the last records while the lease
  /// holds. The caller resigns the term after that. Does not throw, except operation_aborted: do
  /// not cancel it while runs go on.
  boost::asio::awaitable<void> run();

  /// Starts nothing more: run() completes when the runs that go on have ended. What waits is left
  /// to the successor.
  void stop();
  /// Stops the runs that go on. Call stop() first.
  void stop_runs(stop_cause why);
  /// The jobs of the lane from now on. Runs that go on are not touched.
  void reload(std::vector<job_ptr> jobs);
  /// The newest state of the keys below `<root>/control/`.
  void control_changed(const control_state& now);

  /// Runs that have begun and not ended.
  std::size_t running() const noexcept;
  /// A write of the ledger was refused because the term is over.
  bool denied() const noexcept;

 private:
  std::shared_ptr<term_core> core_;
};

}  // namespace tenure::cron
