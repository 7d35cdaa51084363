// The parts of a term_schedule: what its coroutines share. They hold it by shared_ptr.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <set>
#include <stop_token>
#include <string>
#include <tenure/term.hpp>
#include <tenure/toolkit/async_condition.hpp>
#include <tenure/toolkit/task_scope.hpp>
#include <utility>
#include <vector>

#include "tenure-cron/term/lane_context.hpp"
#include "tenure-cron/term/tracked_job.hpp"
#include "tenure-cron/term/write_attempt.hpp"

namespace tenure::cron {

class term_core : public std::enable_shared_from_this<term_core> {
 public:
  term_core(lane_context& lane, term leading);

  boost::asio::awaitable<void> run();
  void stop();
  void stop_runs(stop_cause why);
  void reload(std::vector<job_ptr> jobs);
  void control_changed(const control_state& now);
  std::size_t running() const noexcept { return running_.size(); }
  bool denied() const noexcept { return ended_; }

 private:
  // The loop must stay free for the lease: it turns after so many jobs.
  static constexpr std::size_t jobs_per_turn = 50;

  using due_entry = std::pair<sys_seconds, std::string>;  // the next tick of a job

  // term_core.cpp: the loop
  bool can_write() const noexcept;
  bool gave_up() const noexcept;
  bool can_hand_over() const;
  bool over() const noexcept;
  bool starts_nothing() const noexcept { return over() || stopping_; }
  boost::asio::awaitable<void> follow_ticks();
  boost::asio::awaitable<void> decide_due();
  void decide_job(const tracked_ptr& which, sys_seconds now);
  void plan_job(const tracked_ptr& which);
  boost::asio::awaitable<void> plan_all();
  sys_seconds next_wakeup();
  boost::asio::awaitable<void> watch_hand_over();
  bool holds_back();
  void ask_held_back();
  boost::asio::awaitable<void> wind_down();
  void leave_waiting();
  void interrupt() noexcept;

  // term_load.cpp: the jobs of the lane
  boost::asio::awaitable<void> load();
  boost::asio::awaitable<void> load_jobs(std::vector<job_ptr> jobs);
  boost::asio::awaitable<std::vector<ledger_entry>> read_until_done(std::vector<std::string> keys,
                                                                     std::string prefix);
  void begin_job(const tracked_ptr& which);
  void begin_waiting(const tracked_ptr& which);
  boost::asio::awaitable<void> apply_reload();
  void drop_job(const std::string& name);
  void drop_all_but(const std::set<std::string>& names);
  void drop_last_removed();
  void forget_dropped(const tracked_ptr& which);
  void take_orders();

  // term_runs.cpp: runs from the first thought of them to their record
  open_run add_run(const tracked_ptr& which, sys_seconds tick, run_trigger trigger,
                   std::string id);
  void begin_wait(const tracked_ptr& which, const open_run& run);
  boost::asio::awaitable<void> start_later(tracked_ptr which, open_run run, time_point at);
  void ask(const tracked_ptr& which, const std::string& run_id);
  void replace_others(const tracked_ptr& which, const std::string& by);
  void on_verdict(const tracked_ptr& which, const std::string& run_id, admission_verdict verdict);
  void claim(const tracked_ptr& which, open_run& run);
  void skip_run(const tracked_ptr& which, const std::string& run_id, skip_reason reason);
  /// Why a run whose claim was written just now does not begin any more; none: it does.
  skip_reason too_late_for(const tracked_job& which, const open_run& run) const;
  void skip_claimed(const tracked_ptr& which, const std::string& run_id, skip_reason reason);
  void begin_claimed(const tracked_ptr& which, const std::vector<std::string>& claims);
  void release_claims(const tracked_ptr& which, const std::vector<std::string>& claims);
  boost::asio::awaitable<void> run_one(tracked_ptr which, run_request request);
  boost::asio::awaitable<void> mark_started(tracked_ptr which, std::string run_id);
  void end_run(const tracked_ptr& which, const std::string& run_id, const run_result& result);
  void log_record(const job& what, const run_record& r);
  void add_record(const tracked_ptr& which, run_record r);
  bool is_late(const run_order& order, const job& what) const;
  bool is_paused(const tracked_job& which, const open_run& run) const;
  void skip_paused();
  run_request request_of(const tracked_job& which, const open_run& run) const;

  // term_writes.cpp: the documents in Consul
  void write_soon(const tracked_ptr& which);
  void write_now(const tracked_ptr& which);
  boost::asio::awaitable<void> flush_lazily();
  boost::asio::awaitable<void> write_document(tracked_ptr which);
  boost::asio::awaitable<bool> carry_out(tracked_ptr which, std::shared_ptr<write_attempt> what);
  void note_trouble(const tracked_ptr& which, const std::string& why);
  void end_trouble(const tracked_ptr& which);
  boost::asio::awaitable<write_verdict> look_after(tracked_ptr which,
                                                   std::shared_ptr<write_attempt> what,
                                                   bool refused);
  boost::asio::awaitable<void> drop_orders(tracked_ptr which, std::shared_ptr<write_attempt> what);
  void orders_ended(const tracked_ptr& which, const std::vector<std::string>& ids);
  void look_at_orders();
  void heed_others(const tracked_ptr& which, const std::string& stored);
  void give_up(const tracked_ptr& which, const std::string& run_id);
  boost::asio::awaitable<std::string> find_index(tracked_ptr which);
  std::shared_ptr<write_attempt> make_attempt(const tracked_ptr& which);
  boost::asio::awaitable<void> pause(duration& length);

  lane_context& lane_;
  const term term_;
  wall_alarm alarm_;
  runtime::async_condition changed_;  // a run or a write has ended, or something became dirty
  runtime::async_condition interrupted_;  // ends pauses
  runtime::task_scope tasks_;         // cancelled when the term winds down
  std::map<std::string, tracked_ptr> jobs_;
  std::priority_queue<due_entry, std::vector<due_entry>, std::greater<>> due_;
  std::map<std::string, tracked_ptr> dropped_;  // by a reload; the ledger may lack their records
  std::set<std::string> forgotten_;  // jobs that were dropped, once the ledger has all of them
  std::map<std::string, tracked_ptr> running_;  // by run id: claimed, or about to be
  std::set<std::string> begun_;                 // run ids of those that the runner has
  std::set<std::string> replaced_;              // run ids that end instead of beginning
  std::set<std::string> admitted_;  // run ids that admission counts, or has waiting
  std::vector<std::pair<tracked_ptr, std::string>> held_back_;  // runs, by id
  std::vector<tracked_ptr> lazy_;   // dirty, and not written yet
  std::size_t writes_ = 0;          // in flight
  control_state control_;
  std::optional<std::vector<job_ptr>> reload_;
  bool orders_changed_ = false;
  bool orders_wait_ = false;  // one is of a job that has too many open runs
  bool stopping_ = false;
  std::optional<time_point> quiet_since_;  // stopping, and the runner has had no run since then
  bool ended_ = false;  // the ledger has said that the term is over
  bool warned_ = false;  // that another election uses the ledger
  bool loaded_ = false;  // the ticks that were missed before this term are decided
  std::optional<time_point> held_back_since_;  // a hand-over is wanted
};

}  // namespace tenure::cron
