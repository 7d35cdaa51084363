// What a seed determines: the jobs, the replicas that run them, their clocks, and the faults.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tenure/time.hpp>
#include <vector>

#include "cron_sim/machine_clock.hpp"
#include "sim/scenario.hpp"
#include "tenure-cron/jobs_file/job.hpp"

namespace tenure::cron_sim {

/// How the commands of a job behave.
class command_manner {
 public:
  duration least{0}, most{0};  ///< how long a run takes
  double fails = 0;            ///< the share of runs that fail
};

class job_plan {
 public:
  job_plan(cron::job_ptr w, command_manner m) : what(std::move(w)), manner(m) {}

  cron::job_ptr what;
  command_manner manner;
};

class cron_scenario {
 public:
  /// `faults_for`: the length of the fault phase, instead of a drawn one.
  static cron_scenario draw(std::uint64_t seed, std::optional<duration> faults_for);

  sim::scenario consul;        ///< the network, the servers, the sessions and their faults
  std::vector<job_plan> jobs;
  bool spread = false;         ///< one election a job, in a group
  bool rough = false;          ///< operators write over and delete the keys of elections
  sys_milliseconds epoch{};    ///< UTC at the zero of true time
  std::vector<duration> offsets;  ///< of the wall clocks at the beginning, by slot
  duration most_skew{0};       ///< a wall clock is off by this at most, unless it jumps
  /// Mean times between faults and between the deeds of operators; zero: never.
  duration step{0};            ///< a wall clock is set within most_skew
  duration jump{0};            ///< a wall clock is wrong by minutes or hours, for a while
  duration run_job{0}, pause_job{0};
  duration move{0};            ///< an operator pins an election to a member, or deposes a leader

  std::size_t lanes() const noexcept { return spread ? jobs.size() : 1; }
  std::size_t lane_of(std::size_t job) const noexcept { return spread ? job : 0; }
  /// Every election must have a leader within this time after the last fault.
  duration leader_bound() const noexcept { return consul.convergence_bound(); }
  /// From then on, until every tick but the newest must be in the ledger.
  duration settling_time() const;
  std::string summary() const;
};

/// The ledger of a run.
inline constexpr const char* ledger_root = "ledger";

}  // namespace tenure::cron_sim
