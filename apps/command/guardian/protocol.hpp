// The messages between a runner and the guardian of its command. A message on their socket is one
// of these structs, whole: the same program is at both ends.
#pragma once

#include <cstdint>

namespace tenure::command {

/// Runner to guardian.
struct order {
  enum class kind : std::int32_t {
    signal,  ///< send the signal `number` to the command's process group
    stop,    ///< send SIGTERM now, and SIGKILL after the grace
    kill,    ///< send SIGKILL now
  };
  kind what = kind::signal;
  std::int32_t number = 0;
};

/// Guardian to runner.
struct report {
  enum class kind : std::int32_t {
    started,      ///< `number` is the command's process id, and that of its group
    not_started,  ///< `number` is an errno
    ended,        ///< the command itself has ended: `number` is its wait status
    gone,         ///< everything that the command started has ended as well: the last report
  };
  kind what = kind::started;
  std::int32_t number = 0;
};

/// The hidden first argument under which the program becomes a guardian.
inline constexpr const char* guardian_argument = "__guardian";

}  // namespace tenure::command
