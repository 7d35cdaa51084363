// One run of a job: its environment, its process, its output.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>
#include <tenure/log.hpp>
#include <tenure/term.hpp>
#include <utility>

#include "command/term_commands.hpp"
#include "tenure-cron/running/stdout_writer.hpp"
#include "tenure-cron/schedule/planner.hpp"

namespace tenure::cron {

/// What all runs share. Must outlive them.
class run_context {
 public:
  run_context(boost::asio::any_io_executor e, stdout_writer& o, std::shared_ptr<log_sink> l,
              duration g)
      : executor(std::move(e)), output(o), log(std::move(l)), grace(g) {}

  boost::asio::any_io_executor executor;
  stdout_writer& output;
  std::shared_ptr<log_sink> log;
  duration grace;  ///< from SIGTERM to SIGKILL
};

/// Runs a job to its end, and logs how it ended. Its output goes to standard output, each line
/// after the name of the job.
boost::asio::awaitable<void> run_job(run_context& context,
                                     std::shared_ptr<command::term_commands> commands, term leading,
                                     due_job due);

/// 2024-02-29T12:00:00Z
std::string rfc3339(sys_seconds t);

}  // namespace tenure::cron
