// What the outputs of a sidecar count for /metrics: hooks, commands, repairs. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace tenure::sidecar {

struct counters {
  struct runs {
    std::uint64_t started = 0;
    std::uint64_t failed = 0;  ///< not started, a status other than 0, a signal, or a time-out
  };
  /// By the name of the hook: every hook is there from the start.
  std::map<std::string, runs> hooks = {
      {"leader-deposed", {}}, {"leader-elected", {}}, {"leader-settings-changed", {}}};
  runs commands;
  std::uint64_t command_restarts = 0;  ///< starts after the first one of a term
  std::uint64_t probes_failed = 0;
  /// Another program had changed what the sidecar keeps outside itself, and the sidecar put it
  /// back.
  std::uint64_t labels_repaired = 0;
  std::uint64_t leader_files_repaired = 0;
  std::uint64_t sockets_repaired = 0;
};

}  // namespace tenure::sidecar
