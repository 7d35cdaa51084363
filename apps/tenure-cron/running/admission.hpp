// Which runs may start now: the overlap rule of a job, and the limits of parallel runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tenure-cron/running/run_request.hpp"

namespace tenure::cron {

enum class admission_verdict {
  start,          ///< it counts as running until end()
  skip_overlap,   ///< a run of the job goes on, and its `overlap` rule wants no other
  skip_limit,     ///< it waited for room under max_parallel until its starting_deadline
  skip_deadline,  ///< it waited for the job's earlier run until its starting_deadline
  replace,        ///< as wait; and the runs of running(job) must be stopped: stop_cause::replaced
  wait            ///< for the job's earlier run, or for room under max_parallel
};

/// For all lanes of one jobs file. Pure: it has no clock and starts nothing. Ask it before the
/// claim of a run.
///
/// Runs of a catch-up and of retry_unknown never overlap with others of their job, and are not
/// skipped for it either: unless `overlap: allow` lets them run, they wait in the order of their
/// ticks.
class admission {
 public:
  /// Called once, with start or a skip, for a run whose first verdict was wait or replace; not
  /// after end(). It may call every function of the admission.
  using answer = std::function<void(admission_verdict)>;

  /// Of all runs of the file; empty: no limit. A lower limit after a reload stops no run.
  void set_max_parallel(std::optional<std::size_t> most, sys_seconds now);

  /// Whether a run may start. `what` is kept while it waits.
  admission_verdict ask(const run_request& what, sys_seconds now, answer later);

  /// The run has ended, was not claimed, or need not wait any more. Unknown runs are ignored.
  /// Then waiting runs get their answers: those with the earliest ticks first.
  void end(const std::string& run_id, sys_seconds now);

  /// Drops the waiting runs whose starting_deadline has passed. Call it at next_deadline().
  void expire(sys_seconds now);
  /// Empty if no run waits.
  std::optional<sys_seconds> next_deadline() const;

  /// The ids of the runs of a job that have started and not ended.
  std::vector<std::string> running(const std::string& job) const;
  std::size_t running() const noexcept { return running_.size(); }
  std::size_t waiting() const noexcept { return waiting_.size(); }

 private:
  using place = std::pair<sys_seconds, std::uint64_t>;  // tick, and the order of the questions

  class waiting_run {
   public:
    run_request what;
    answer later;
    sys_seconds deadline;
  };
  class job_state {
   public:
    std::vector<std::string> running;
    std::set<place> waiting;
  };
  class due_answer {
   public:
    std::string run_id;
    answer call;
    admission_verdict verdict;
  };

  bool file_is_full() const noexcept { return most_ && running_.size() >= *most_; }
  bool overlaps(const run_request& what, const job_state& state) const;
  bool has_room(const run_request& what, const job_state& state) const;
  void start(const run_request& what);
  void drop(place where, admission_verdict why);
  waiting_run take(place where);
  admission_verdict late(const waiting_run& run) const;
  admission_verdict wait(const run_request& what, sys_seconds now, answer later);
  void start_waiting(std::vector<place> candidates);
  void start_all_waiting();
  void forget_if_idle(const std::string& job);
  void deliver();

  std::optional<std::size_t> most_;
  std::uint64_t asked_ = 0;
  std::unordered_map<std::string, std::string> running_;  // run id -> job
  std::unordered_map<std::string, job_state> jobs_;
  std::map<place, waiting_run> waiting_;
  std::unordered_map<std::string, place> places_;  // of waiting runs, by run id
  std::set<std::pair<sys_seconds, place>> deadlines_;
  std::list<due_answer> answers_;
  bool delivering_ = false;
};

}  // namespace tenure::cron
