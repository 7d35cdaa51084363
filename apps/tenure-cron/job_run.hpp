// One run of a job: its environment, its process, its output.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <tenure/log.hpp>
#include <tenure/term.hpp>

#include "command/term_commands.hpp"
#include "tenure-cron/jobs_file.hpp"
#include "tenure-cron/line_output.hpp"

namespace tenure::cron {

/// What a run needs besides its job. Outlives all runs.
class run_surroundings {
 public:
  run_surroundings(boost::asio::any_io_executor e, line_output& o, std::shared_ptr<log_sink> l,
                   duration g)
      : executor(std::move(e)), output(o), log(std::move(l)), grace(g) {}

  boost::asio::any_io_executor executor;
  line_output& output;
  std::shared_ptr<log_sink> log;
  duration grace;  ///< from SIGTERM to SIGKILL
};

/// Runs a job to its end, and logs how it went. What the job prints goes to standard output, line
/// by line, with its name before it.
boost::asio::awaitable<void> run_job(run_surroundings& with,
                                     std::shared_ptr<command::term_commands> commands, term leading,
                                     const job& what, sys_seconds tick);

/// 2024-02-29T12:00:00Z
std::string rfc3339(sys_seconds t);

}  // namespace tenure::cron
