// Runs jobs. An interface, so that the simulation has its own.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <tenure/term.hpp>

#include "tenure-cron/running/run_request.hpp"
#include "tenure-cron/running/run_result.hpp"

namespace tenure::cron {

/// For the thread of one io_context.
class job_runner {
 public:
  virtual ~job_runner() = default;

  /// Runs all attempts of a run. It asks leading.holds() directly before each start of a process,
  /// so that a term that does not hold starts nothing. Completes when the last process is gone.
  /// Throws operation_aborted at most: when it is cancelled (terminal), after the processes have
  /// been stopped and are gone.
  virtual boost::asio::awaitable<run_result> run(run_request what, term leading) = 0;

  /// Begins to stop a run: SIGTERM now, SIGKILL after the grace, no further attempt. The first
  /// cause counts. Unknown runs are ignored.
  virtual void stop(const std::string& run_id, stop_cause why) = 0;
};

}  // namespace tenure::cron
