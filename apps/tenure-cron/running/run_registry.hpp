// Which jobs run now, and which tick each ran for last. In memory only: a new process starts empty.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <unordered_map>

#include "tenure-cron/schedule/zone.hpp"

namespace tenure::cron {

class run_registry {
 public:
  enum class decision {
    run,            ///< the job may run, and is registered as running
    still_running,  ///< the last run of the job has not ended
    already_ran,    ///< the job ran for this tick: the clock was put back
  };

  /// Decides whether a job may run for a tick, and registers the run. `follows_clock`: its schedule
  /// goes on by the new time when the clock is put back.
  decision try_begin(const std::string& job, sys_seconds tick, bool follows_clock);
  void end(const std::string& job);

  /// The latest tick that the job ran for.
  std::optional<sys_seconds> last_tick(const std::string& job) const;

  /// If the clock is put back further than this, it was wrong before: ticks may run again.
  static constexpr std::chrono::hours longest_correction{3};
  /// The same for a schedule that follows the clock. Small corrections repeat none of its ticks.
  static constexpr std::chrono::seconds longest_pause{10};

 private:
  struct job_state {
    std::optional<sys_seconds> last_tick;
    bool running = false;
  };
  std::unordered_map<std::string, job_state> jobs_;
};

}  // namespace tenure::cron
