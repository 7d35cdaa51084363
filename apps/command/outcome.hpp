// How a command ended.
#pragma once

#include <cstdint>
#include <string>

namespace tenure::command {

/// Why a command was stopped by its runner or its guardian: the first cause counts.
enum class stop_cause : std::int32_t {
  none,     ///< it ended by itself, or did not start
  timeout,  ///< invocation::stop_by
  lease,    ///< its lease ended, or its term asked it to stop
  stop,     ///< a call of stop()
  kill,     ///< a call of kill()
};

/// "none", "timeout", "lease", "stop" or "kill".
const char* to_string(stop_cause cause) noexcept;

class outcome {
 public:
  enum class kind {
    exited,       ///< `number` is its exit status
    signalled,    ///< `number` is the signal that ended it
    not_started,  ///< `number` is an errno
  };
  outcome() = default;
  outcome(kind k, int n) : what(k), number(n) {}

  /// As a shell reports it: the exit status; 128 + signal; 127 if there is no such program, 71 if
  /// the machine has no process or descriptor left for it, 126 if it cannot be run otherwise.
  int exit_code() const noexcept;
  /// "exited with 3", "was ended by SIGKILL", "could not be started: no such program".
  std::string text() const;

  kind what = kind::not_started;
  int number = 0;
  stop_cause cause = stop_cause::none;
  /// How many processes it left when it ended by itself. kill_scope says what became of them.
  int left_behind = 0;
  /// Why it did not start, if an option of the invocation was the reason:
  /// "user 'nobody2' does not exist".
  std::string problem;
};

}  // namespace tenure::command
