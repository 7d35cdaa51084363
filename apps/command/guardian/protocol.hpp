// The messages between a runner, its zygote and the guardians of its commands. A message on their
// sockets is one of these structs, whole: the same program is at both ends.
#pragma once

#include <cstddef>
#include <cstdint>

#include "command/outcome.hpp"

namespace tenure::command {

/// Runner to guardian.
struct order {
  enum class kind : std::int32_t {
    signal,  ///< send the signal `number` to the command, as its kill_scope says
    stop,    ///< stop it: `number` is the stop_cause
    kill,    ///< send SIGKILL to every process now
  };
  kind what = kind::signal;
  std::int32_t number = 0;
};

/// Guardian to runner.
struct report {
  enum class kind : std::int32_t {
    not_started,  ///< `number` is an errno, `problem` says more or nothing; the last report
    ended,        ///< the command has ended, and others have not: `number` is its wait status
    gone,         ///< what had to end with it has ended as well: as `ended`, and the last report
  };
  kind what = kind::not_started;
  std::int32_t number = 0;
  stop_cause cause = stop_cause::none;
  std::int32_t left_behind = 0;
  char problem[240] = {};  ///< ends with a zero
};

/// Zygote to runner: the guardian of a start ended without its last report, and what it left was
/// killed.
struct settled {
  std::uint32_t id = 0;
};

/// How a guardian exits, for its zygote.
enum guardian_exit : int {
  exit_all_gone = 0,
  exit_left_children = 3,  ///< as the command's kill_scope wants it; they must live on
  exit_failed = 1,
};

/// The hidden first argument under which the program becomes a zygote. The second one is the soft
/// limit of descriptors for the commands; 0: the same as the zygote's.
inline constexpr const char* zygote_argument = "__zygote";

/// The descriptors that a zygote inherits.
inline constexpr int zygote_socket = 3;
inline constexpr int zygote_leases = 4;

}  // namespace tenure::command
