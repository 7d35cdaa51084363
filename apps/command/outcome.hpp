// What to run, and how it went.
#pragma once

#include <string>
#include <tenure/time.hpp>
#include <vector>

namespace tenure::command {

/// What to run. The descriptors stay the caller's: they need to live until start() has returned.
class invocation {
 public:
  std::vector<std::string> argv;         ///< the first is the program, searched in PATH
  std::vector<std::string> environment;  ///< NAME=value, all of it
  std::string directory;                 ///< where to run; empty: where we are
  int input = 0;                         ///< its standard input, output and error
  int output = 1;
  int error = 2;
  /// From SIGTERM to SIGKILL.
  duration grace = std::chrono::seconds(5);
};

/// How a command ended. Plain values.
class outcome {
 public:
  enum class kind {
    exited,       ///< `number` is its exit status
    signalled,    ///< `number` is the signal that ended it
    not_started,  ///< `number` is an errno
  };
  outcome() = default;
  outcome(kind k, int n) : what(k), number(n) {}

  /// As a shell has it: the exit status; 128 + signal; 127 where there is no such program, 126
  /// where there is one that cannot be run.
  int exit_code() const noexcept;
  /// "exited with 3", "was ended by SIGKILL", "could not be started: no such program".
  std::string text() const;

  kind what = kind::not_started;
  int number = 0;
};

}  // namespace tenure::command
