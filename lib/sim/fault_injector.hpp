// Injects the faults of a scenario, except those that the network and the server draw for each
// request.
#pragma once

#include <map>
#include <set>
#include <string>
#include <tenure/time.hpp>
#include <vector>

#include "sim/body_manner.hpp"
#include "sim/ground_truth.hpp"
#include "sim/process_set.hpp"
#include "sim/run_context.hpp"
#include "sim/scenario.hpp"
#include "sim/server.hpp"
#include "sim/slot_checker.hpp"
#include "sim/world.hpp"

namespace tenure::sim {

class fault_injector {
 public:
  fault_injector(run_context& context, process_set& processes, const ground_truth& truth);

  void start();
  void stop() noexcept { running_ = false; }
  bool running() const noexcept { return running_; }
  /// What operators wish of the groups for the rest of the run: they drain all but one member.
  void settle_groups();
  /// Operators take away what they wrote over the locks of semaphores.
  void settle_semaphores();
  /// An operator deleted the key of the member with this session.
  bool deleted_member(const std::string& session) const { return deleted_.contains(session); }

 private:
  using fault = void (fault_injector::*)();
  /// Injects a fault again and again, at random times with that mean interval.
  void repeat(duration mean, fault inject);

  void partition();
  void clog();
  void crash();
  void pause();
  void restart();
  void change_leader();
  void lose_quorum();
  void depose_raft_leader();
  void restart_server();
  void restart_agent();
  void redeploy();
  void lose_data();
  void wake_all();
  void lose_lock_delays();
  void lose_node();
  void lose_checks();
  void lose_service();
  void lose_heartbeats();
  void operator_deletes();
  void operator_puts();
  void operator_releases();
  void operator_destroys();
  void operator_deposes();
  // Of groups, in group_faults.cpp.
  void start_groups();
  void flap();
  void crash_again(std::size_t slot, std::size_t times);
  void operator_drains();
  void operator_pins();
  void operator_spoils_member();
  void operator_restores_notice();
  void wish(group_wish::what kind, std::size_t group, const std::string& key,
            const std::string& member);

  // Of semaphores, in slot_faults.cpp.
  void start_semaphores();
  void operator_removes_lock();
  void operator_overwrites_lock();
  void operator_removes_contender();
  void operator_destroys_holder();
  void operator_restores_semaphore();
  std::size_t random_semaphore();
  std::string random_of(const std::set<std::string>& sessions);

  std::string random_key();
  /// The holding of a random election's key; null if the key is free.
  const holding* random_holding();

  world& world_;
  const scenario& scenario_;
  server& server_;
  process_set& processes_;
  const ground_truth& truth_;
  const slot_checker& slots_;
  std::map<std::size_t, std::string> old_locks_;  ///< of semaphores, as from a backup
  std::map<std::size_t, std::vector<agent::kv_fields>> snapshots_;  ///< of semaphores
  std::set<std::string> deleted_;  ///< sessions of members
  bool running_ = true;
};

/// A key of another user among those of the elections.
std::string unrelated_key(std::size_t i);

}  // namespace tenure::sim
