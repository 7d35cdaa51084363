// tenure-cron: stands in the election of a jobs file, and runs its jobs while it leads.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <memory>
#include <optional>
#include <string>
#include <tenure/elections.hpp>

#include "command/term_commands.hpp"
#include "tenure-cron/job_run.hpp"
#include "tenure-cron/jobs_file.hpp"
#include "tenure-cron/ledger.hpp"
#include "tenure-cron/line_output.hpp"
#include "tenure-cron/planner.hpp"
#include "tenure-cron/wall_timer.hpp"

namespace tenure::cron {

class cron {
 public:
  /// Throws bad_configuration. `file` and `output` have to outlive it.
  cron(boost::asio::io_context& io, consul_config consul, candidacy how, const jobs_file& file,
       line_output& output, std::shared_ptr<log_sink> log,
       std::optional<duration> liveness);

  /// Until SIGTERM or SIGINT; then the jobs are stopped, and the key is released. Throws
  /// system_error, after the same, where Consul refuses us.
  boost::asio::awaitable<void> run();

 private:
  boost::asio::awaitable<term> win();
  boost::asio::awaitable<void> lead(term t);
  boost::asio::awaitable<void> tick(const term& t);
  boost::asio::awaitable<void> run_one(std::shared_ptr<command::term_commands> commands, term t,
                                       due_job due);
  boost::asio::awaitable<void> take_signals();
  void start_due(const term& t);
  void stop(int number);

  boost::asio::io_context& io_;
  const jobs_file& file_;
  std::shared_ptr<log_sink> log_;
  candidacy how_;
  elections elections_;
  election election_;
  command::process_host host_;
  run_surroundings surroundings_;
  machine_zone zone_;
  planner planner_;
  ledger ledger_;
  wall_timer timer_;
  boost::asio::signal_set signals_;
  boost::asio::cancellation_signal cancel_;  // of the campaign
  std::shared_ptr<command::term_commands> commands_;  // while a term runs
  command::lease_timer runs_timer_;
  std::size_t runs_ = 0;  // under way, their output included
  int signal_ = 0;
};

}  // namespace tenure::cron
