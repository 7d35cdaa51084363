// One run: the whole system with faults, then without them, then its shutdown.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "sim/fault_injector.hpp"
#include "sim/foreign_contender.hpp"
#include "sim/ground_truth.hpp"
#include "sim/group_balance.hpp"
#include "sim/network.hpp"
#include "sim/process_set.hpp"
#include "sim/request_budget.hpp"
#include "sim/run_context.hpp"
#include "sim/safety_checker.hpp"
#include "sim/scenario.hpp"
#include "sim/server.hpp"
#include "sim/world.hpp"

namespace tenure::sim {

class outcome {
 public:
  std::string violation;  ///< the violated rule, and how; empty: none
  std::uint64_t hash = 0;  ///< of the trace
  std::uint64_t steps = 0;
  duration simulated{0};
  std::uint64_t terms = 0;
  std::uint64_t requests = 0;
  sim::probes probes;
  std::string scenario;  ///< its summary
  bool passed() const noexcept { return violation.empty(); }
};

class simulation {
 public:
  explicit simulation(scenario s, std::FILE* trace_to = nullptr);
  ~simulation();

  outcome run();

 private:
  // The phases.
  void start();
  void run_with_faults();
  void run_without_faults();
  void shut_down();

  void check_requests_repeatedly();
  /// Runs until every election has converged, or until the bound.
  void wait_for_convergence(const std::string& when);
  /// Why not every election has one leader on whom all observers agree; empty if it has.
  std::string disagreement() const;
  /// Runs until every member of every group leads its share and nothing moves any more, or until
  /// the bound and that quiet time are over. Not before `polls_answer` do all members see it.
  void wait_for_balance(duration bound, time_point polls_answer, const std::string& when);
  std::string leaders_of(std::size_t election) const;
  // Of semaphores, in slot_phases.cpp.
  /// Runs until all slots are held that can be, or until the bound: rule P7.
  void wait_for_slots(duration bound, const std::string& when);
  /// The session of a slot's holder dies.
  void check_slot_takeover();
  std::string missing_slots() const;
  /// A leader's session dies: rule L4.
  void check_takeover();
  /// Nothing that the process sends arrives until others have taken over.
  void cut_off(actor who);
  /// An election that has no leader, or one with this session; empty: none.
  std::string not_taken_over(const std::string& dead_session) const;
  bool all_stopped() const;
  void check_leaks();
  void check_notices();

  scenario scenario_;
  world world_;
  ground_truth truth_;
  network network_;
  server server_;
  safety_checker checker_;
  run_context context_;
  process_set processes_;
  fault_injector faults_;
  request_budget budget_;
  group_balance balance_;
  std::vector<std::shared_ptr<foreign_contender>> foreign_;
  time_point next_look_ = time_point::min();
};

/// Runs a scenario. After a violation the objects of the run are leaked on purpose: its coroutines
/// are suspended in the middle of their work and cannot be destroyed in order.
outcome simulate(const scenario& s, std::FILE* trace_to = nullptr);

}  // namespace tenure::sim
