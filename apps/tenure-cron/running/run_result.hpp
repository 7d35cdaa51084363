// How a run ended.
#pragma once

#include <string>
#include <tenure/time.hpp>

namespace tenure::cron {

/// Why tenure-cron stopped a run.
enum class stop_cause {
  none,      ///< it did not
  timeout,   ///< an attempt took longer than the job's `timeout`
  lease,     ///< the term had to stop: a lost session, no proof in time, a drained member
  shutdown,  ///< tenure-cron got SIGTERM
  replaced   ///< the next run of a job with `overlap: replace`
};

/// "none", "timeout", "lease", "shutdown", "replaced": as in the records.
const char* to_string(stop_cause cause) noexcept;

/// The result of all attempts of a run; exit code, signal and text are those of the last one.
class run_result {
 public:
  enum class ending {
    succeeded,    ///< exit code 0
    failed,       ///< another exit code, or a signal that tenure-cron did not send
    not_started,  ///< no process of this run ever began: `text` says why
    stopped       ///< by tenure-cron: `cause` says why
  };

  ending how = ending::not_started;
  stop_cause cause = stop_cause::none;
  int exit_code = 0;       ///< of a process that exited
  int signal_number = 0;   ///< of a process that a signal ended
  std::string text;        ///< "exited with 3", "was ended by SIGKILL", "env_file /x: no such file"
  duration took{0};        ///< from the first attempt's begin to the last one's end
  unsigned attempts = 0;   ///< that were started
  std::string tail;        ///< the last lines of output: valid UTF-8, at most 300 bytes
};

/// "succeeded", "failed", "not_started", "stopped"
const char* to_string(run_result::ending how) noexcept;

}  // namespace tenure::cron
