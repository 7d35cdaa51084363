// How a command ended.
#pragma once

#include <string>

namespace tenure::command {

class outcome {
 public:
  enum class kind {
    exited,       ///< `number` is its exit status
    signalled,    ///< `number` is the signal that ended it
    not_started,  ///< `number` is an errno
  };
  outcome() = default;
  outcome(kind k, int n) : what(k), number(n) {}

  /// As a shell reports it: the exit status; 128 + signal; 127 if there is no such program, 126 if
  /// the program exists and cannot be run.
  int exit_code() const noexcept;
  /// "exited with 3", "was ended by SIGKILL", "could not be started: no such program".
  std::string text() const;

  kind what = kind::not_started;
  int number = 0;
};

}  // namespace tenure::command
