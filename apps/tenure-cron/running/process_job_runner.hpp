// The job_runner that starts real processes.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tenure/log.hpp>
#include <tenure/toolkit/async_condition.hpp>
#include <unordered_map>
#include <utility>
#include <vector>

#include "command/term_commands.hpp"
#include "tenure-cron/output/output_budget.hpp"
#include "tenure-cron/output/output_files.hpp"
#include "tenure-cron/output/output_line.hpp"
#include "tenure-cron/output/process_output.hpp"
#include "tenure-cron/running/job_runner.hpp"
#include "tenure-cron/running/start_turns.hpp"

namespace tenure::cron {

/// What the runners of all tenants of a process share. Must outlive them.
class runner_services {
 public:
  runner_services(command::command_host& c, runtime::timers& t,
                  std::shared_ptr<output_target> standard_output, std::shared_ptr<log_sink> l)
      : commands(c),
        timers(t),
        output(std::move(standard_output)),
        log(std::move(l)),
        turns(c.executor(), t) {}

  command::command_host& commands;
  runtime::timers& timers;  ///< of the boot clock
  std::shared_ptr<output_target> output;
  std::shared_ptr<log_sink> log;
  start_turns turns;
};

class runner_options {
 public:
  std::string tenant;  ///< its name in lines; empty: the process has one tenant
  std::string host;    ///< this replica, as records name it
  duration span = std::chrono::seconds(15);  ///< the elections'
  duration grace = std::chrono::seconds(5);  ///< from SIGTERM to SIGKILL
  output_format format = output_format::text;
  std::optional<std::uint64_t> max_output;  ///< bytes a second, of all jobs
};

class active_run;

class process_job_runner final : public job_runner {
 public:
  process_job_runner(runner_services& services, runner_options options);
  process_job_runner(const process_job_runner&) = delete;
  process_job_runner& operator=(const process_job_runner&) = delete;
  /// No run may go on.
  ~process_job_runner() override;

  /// Cannot be cancelled: stop() ends a run.
  boost::asio::awaitable<run_result> run(run_request what, term leading) override;
  void stop(const std::string& run_id, stop_cause why) override;
  /// Stops all runs.
  void stop_all(stop_cause why);
  /// Sends SIGKILL to all processes at once.
  void kill_all();

  std::size_t running() const noexcept { return runs_.size(); }
  void set_max_output(std::optional<std::uint64_t> most) { budget_.set(most); }
  /// Waits until the output files are written, for at most `timeout`. Returns whether they are.
  bool flush(duration timeout) { return files_.flush(timeout); }

 private:
  class term_use;
  class registered_run;
  using term_id = std::pair<std::string, std::uint64_t>;  // key and fence

  boost::asio::awaitable<run_result> run_to_end(run_request what, term leading);
  boost::asio::awaitable<void> make_attempts(active_run& run);
  boost::asio::awaitable<void> make_attempt(active_run& run, unsigned number);
  boost::asio::awaitable<void> wait_for_retry(active_run& run);
  boost::asio::awaitable<void> report_failure(active_run& run);
  /// Runs a process until it is gone and its output is read. Throws system_error if this process
  /// has no resources for it.
  boost::asio::awaitable<command::outcome> run_process(active_run& run, command::invocation how,
                                                       std::optional<std::string> input);
  command::invocation invocation_of(const active_run& run, unsigned attempt) const;
  std::shared_ptr<run_output> output_of(const run_request& what);
  bool admit_output(std::size_t bytes);
  void report_dropped(output_budget::when w);
  std::shared_ptr<term_use> use(const term& leading);
  void drop_if_over(const term_id& id);

  runner_services& services_;
  runner_options options_;
  output_files files_;
  output_budget budget_;
  std::vector<std::string> environment_;  // of this process
  command::descriptor no_input_;          // /dev/null
  std::unordered_map<std::string, active_run*> runs_;
  std::map<term_id, std::shared_ptr<term_use>> terms_;
};

}  // namespace tenure::cron
