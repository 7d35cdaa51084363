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
#include "tenure-cron/schedule/zone.hpp"

namespace tenure::cron {

enum class admission_verdict {
  start,          ///< it counts as running until end()
  skip_overlap,   ///< a run of the job goes on, and its `overlap` rule wants no other
  skip_limit,     ///< it waited for room under max_parallel until its starting_deadline
  skip_deadline,  ///< it waited for the job's earlier run until its starting_deadline
  replace,        ///< as wait; and the others of running(job) must be stopped: stop_cause::replaced
  wait            ///< for the job's earlier run, or for room under max_parallel
};

/// For all lanes of one jobs file. Pure: it has no clock and starts nothing. Ask it before the
/// claim of a run.
///
/// A run has its turn once no earlier run of its job is before it. The next tick overlaps it when
/// it has had its turn for as long as both are apart by the schedule. The time in which Consul
/// stores its claim does not count. So the ticks of a job that is behind are not skipped for its
/// own late runs: they wait, in their order, and only those overlap that would also have done so
/// on time. Where the newest tick replaces the others, it does so during a claim, too.
///
/// Runs of a catch-up and of retry_unknown are never skipped for an overlap: unless `overlap:
/// allow` lets them run, they wait in the order of their ticks.
class admission {
 public:
  /// Called once with start or a skip, for a run whose first verdict was wait or replace, and
  /// before that perhaps once with replace; not after end(). It may call every function of the
  /// admission.
  using answer = std::function<void(admission_verdict)>;

  /// Of all runs of the file; empty: no limit. A lower limit after a reload stops no run.
  void set_max_parallel(std::optional<std::size_t> most, sys_milliseconds now);

  /// Whether a run may start. `what` is kept while it waits. `due`: when it was to begin, by its
  /// tick and its splay.
  admission_verdict ask(const run_request& what, sys_milliseconds due, sys_milliseconds now,
                        answer later);

  /// The claim of a run that may start is stored: it begins now.
  void begins(const std::string& run_id, sys_milliseconds now);

  /// The run has ended, was not claimed, or need not wait any more. Unknown runs are ignored.
  /// Then waiting runs get their answers: those with the earliest ticks first.
  void end(const std::string& run_id, sys_milliseconds now);

  /// Drops the waiting runs whose starting_deadline has passed, and decides what becomes of those
  /// that overlap by now. Call it at next_deadline().
  void expire(sys_milliseconds now);
  /// Empty if no run waits.
  std::optional<sys_seconds> next_deadline() const;

  /// The ids of the runs of a job that have started and not ended.
  std::vector<std::string> running(const std::string& job) const;
  std::size_t running() const noexcept { return running_.size(); }
  std::size_t waiting() const noexcept { return waiting_.size(); }

 private:
  using place = std::pair<sys_seconds, std::uint64_t>;  // tick, and the order of the questions

  class started_run {
   public:
    started_run(std::string j, sys_milliseconds d) : job(std::move(j)), due(d) {}
    std::string job;
    sys_milliseconds due;
    bool begun = false;
  };
  class waiting_run {
   public:
    waiting_run(run_request w, sys_milliseconds d, answer a, sys_seconds until)
        : what(std::move(w)), due(d), later(std::move(a)), deadline(until), looked_at(until) {}
    run_request what;
    sys_milliseconds due;
    answer later;
    sys_seconds deadline;      // by its starting_deadline
    sys_seconds looked_at;     // after this second: its place in deadlines_
    bool overlapping = false;  // and waits all the same
  };
  /// Which run of a job has its turn, and since when.
  class turn {
   public:
    turn() = default;
    turn(std::string id, sys_milliseconds d, sys_milliseconds s, bool c)
        : run_id(std::move(id)), due(d), since(s), is_claimed(c) {}
    std::string run_id;
    sys_milliseconds due{};
    sys_milliseconds since{};
    bool is_claimed = false;  ///< just now: Consul has not answered yet
  };
  class job_state {
   public:
    std::vector<std::string> running;
    std::set<place> waiting;
    turn now;
  };
  class due_answer {
   public:
    std::string run_id;
    answer call;
    admission_verdict verdict;
  };

  bool file_is_full() const noexcept { return most_ && running_.size() >= *most_; }
  bool is_blocked(const run_request& what, const job_state& state) const;
  bool has_room(const run_request& what, const job_state& state) const;
  void start(const run_request& what, sys_milliseconds due);
  place enter(waiting_run run);
  waiting_run take(place where);
  void pass_turn(job_state& state);
  void look_at_all(const job_state& state);
  void look_again(place where);
  std::optional<sys_milliseconds> overlaps_at(const waiting_run& run) const;
  void on_overlap(place where);
  bool one_overlaps(const job_state& state) const;
  void drop_replaced(const job_state& state, place by);
  void drop(place where, admission_verdict why);
  admission_verdict late(const waiting_run& run) const;
  void drop_late();
  void start_waiting(std::vector<place> candidates);
  void start_all_waiting();
  void forget_if_idle(const std::string& job);
  void deliver();

  sys_milliseconds now_{};  // as the last caller said
  std::optional<std::size_t> most_;
  std::uint64_t asked_ = 0;
  std::unordered_map<std::string, started_run> running_;  // by run id
  std::unordered_map<std::string, job_state> jobs_;
  std::map<place, waiting_run> waiting_;
  std::unordered_map<std::string, place> places_;  // of waiting runs, by run id
  std::set<std::pair<sys_seconds, place>> deadlines_;
  std::list<due_answer> answers_;
  bool delivering_ = false;
};

}  // namespace tenure::cron
