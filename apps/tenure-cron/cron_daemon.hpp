// tenure-cron: campaigns in the election of a jobs file, and runs the jobs while it leads.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <memory>
#include <optional>
#include <set>
#include <tenure/elections.hpp>

#include "command/process_host.hpp"
#include "command/term_commands.hpp"
#include "common/group_options.hpp"
#include "tenure-cron/jobs_file.hpp"
#include "tenure-cron/running/job_run.hpp"
#include "tenure-cron/running/run_registry.hpp"
#include "tenure-cron/running/stdout_writer.hpp"
#include "tenure-cron/schedule/planner.hpp"
#include "tenure-cron/schedule/wall_timer.hpp"

namespace tenure::cron {

class daemon_options {
 public:
  daemon_options(consul_config c, candidacy p) : consul(std::move(c)), profile(std::move(p)) {}

  consul_config consul;
  candidacy profile;
  std::optional<apps::group_membership> group;
  std::optional<duration> liveness;
  std::shared_ptr<log_sink> log = silent_log();
};

class cron_daemon {
 public:
  /// Throws bad_configuration. `file` and `output` must outlive it.
  cron_daemon(boost::asio::io_context& io, daemon_options options, const jobs_file& file,
              stdout_writer& output);

  /// Runs until SIGTERM or SIGINT; then stops the jobs and releases the key. Campaigns again, after
  /// growing pauses, while the token lacks a right. Throws system_error, after the same steps, if
  /// Consul refuses a request for another reason.
  boost::asio::awaitable<void> run();

 private:
  boost::asio::awaitable<term> win_term();
  boost::asio::awaitable<void> wait_after_refusal();
  boost::asio::awaitable<void> serve_term(term t);
  boost::asio::awaitable<void> run_schedule(const term& t);
  boost::asio::awaitable<void> follow_hand_over(term t);
  boost::asio::awaitable<void> run_one(std::shared_ptr<command::term_commands> commands, term t,
                                       due_job due);
  boost::asio::awaitable<void> handle_signals();
  boost::asio::awaitable<void> wait_splay(due_job due);
  void end_splays();
  void start_due_jobs(const term& t);
  election enter(const daemon_options& options);
  /// The group wants another leader, and no job runs.
  bool hands_over(const term& t) const;
  void on_signal(int number);

  boost::asio::io_context& io_;
  const jobs_file& file_;
  std::shared_ptr<log_sink> log_;
  candidacy profile_;
  elections elections_;
  std::optional<group> group_;
  election election_;
  command::process_host host_;
  run_context context_;
  planner planner_;
  run_registry registry_;
  wall_timer timer_;
  boost::asio::signal_set signals_;
  boost::asio::cancellation_signal cancel_;  // of the campaign
  std::shared_ptr<command::term_commands> commands_;  // during a term
  command::lease_timer runs_timer_;  // cancelled when the last run ends
  std::set<command::lease_timer*> splays_;  // of runs that have not begun
  std::size_t runs_ = 0;  // that have not ended, or whose output is still being read
  int signal_ = 0;
  duration refusal_pause_{0};  // after the last campaign that lacked a right
};

}  // namespace tenure::cron
