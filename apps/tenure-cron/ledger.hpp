// What ran when, and what runs now. In memory: it begins anew with the process.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "tenure-cron/zone.hpp"

namespace tenure::cron {

class ledger {
 public:
  enum class verdict {
    run,         ///< entered as running
    overlapping, ///< the last run of the job goes on
    repeated,    ///< it ran for this tick: the clock was put back
  };

  /// Asks whether a job may run for a tick, and enters the run.
  verdict begin(const std::string& job, sys_seconds tick);
  void end(const std::string& job);

  /// The latest tick that the job ran for.
  std::optional<sys_seconds> last_tick(const std::string& job) const;

  /// A clock that is put back by more is taken for one that had been wrong: ticks count again.
  static constexpr std::chrono::hours correction{3};

 private:
  class record {
   public:
    std::optional<sys_seconds> last_tick;
    bool running = false;
  };
  std::unordered_map<std::string, record> records_;
};

}  // namespace tenure::cron
