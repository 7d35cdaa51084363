// What a runner and the guardian of its command say to each other over their socket: a message is
// one of these structures, whole. The same program is at both ends.
#pragma once

#include <cstdint>

namespace tenure::command {

/// Runner to guardian.
struct order {
  enum class kind : std::int32_t {
    signal,  ///< `number` to the command's process group
    stop,    ///< SIGTERM now, SIGKILL when the grace is over
    kill,    ///< SIGKILL now
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
    gone,         ///< and so has everything that it started: the last report
  };
  kind what = kind::started;
  std::int32_t number = 0;
};

/// The hidden first argument under which the program becomes a guardian.
inline constexpr const char* guardian_argument = "__guardian";

}  // namespace tenure::command
