// One run: replicas and jobs with faults, then without them, then the shutdown.
#pragma once

#include <cstdint>
#include <cstdio>
#include <map>
#include <string>

#include "cron_sim/cron_faults.hpp"
#include "cron_sim/cron_scenario.hpp"
#include "cron_sim/mistake.hpp"
#include "cron_sim/replica.hpp"
#include "cron_sim/tick_checker.hpp"
#include "sim/ground_truth.hpp"
#include "sim/network.hpp"
#include "sim/run_context.hpp"
#include "sim/safety_checker.hpp"
#include "sim/server.hpp"
#include "sim/world.hpp"

namespace tenure::cron_sim {

class outcome {
 public:
  std::string violation;   ///< the violated rule, and how; empty: none
  std::uint64_t hash = 0;  ///< of the trace
  std::uint64_t steps = 0;
  std::uint64_t runs = 0;
  std::uint64_t requests = 0;
  duration simulated{0};
  sim::probes probes;
  std::string scenario;    ///< its summary
  bool passed() const noexcept { return violation.empty(); }
};

class cron_simulation {
 public:
  cron_simulation(cron_scenario s, mistake made, std::FILE* trace_to);
  ~cron_simulation();

  outcome run();

 private:
  void start();
  void settle();
  void shut_down();
  /// The election that has no leader; empty: none.
  std::string leaderless() const;
  void check_requests_repeatedly();
  cron::sys_seconds utc_now() const;

  cron_scenario scenario_;
  sim::world world_;
  sim::ground_truth truth_;
  sim::network network_;
  sim::server server_;
  sim::safety_checker unused_;  // the links of lib/sim ask for one; the cron jobs have their own
  sim::run_context context_;
  tick_checker checker_;
  fleet fleet_;
  cron_faults faults_;
  std::map<sim::actor, std::uint64_t> requests_;  // of each replica, one window ago
  time_point next_look_ = time_point::min();
};

/// Runs a scenario. After a violation the objects of the run are leaked on purpose: its coroutines
/// are suspended in the middle of their work and cannot be destroyed in order.
outcome simulate(const cron_scenario& s, mistake made = mistake::none,
                 std::FILE* trace_to = nullptr);

}  // namespace tenure::cron_sim
