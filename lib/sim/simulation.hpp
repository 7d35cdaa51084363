// One run: the whole system under its faults, then without them, then its end.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/foreign_contender.hpp"
#include "sim/safety_checker.hpp"
#include "sim/process.hpp"
#include "sim/network.hpp"
#include "sim/scenario.hpp"
#include "sim/server.hpp"
#include "sim/ground_truth.hpp"
#include "sim/world.hpp"

namespace tenure::sim {

class outcome {
 public:
  std::string violation;  ///< which promise was broken, and how; empty: none
  std::uint64_t hash = 0;
  std::uint64_t steps = 0;
  duration simulated{0};
  std::uint64_t terms = 0;
  std::uint64_t requests = 0;
  probes counts;
  std::string scenario;
  bool passed() const noexcept { return violation.empty(); }
};

class simulation {
 public:
  explicit simulation(scenario p, std::FILE* trace_to = nullptr);
  ~simulation();

  outcome run();

 private:
  using process_ptr = std::shared_ptr<process>;

  // the phases
  void begin();
  void suffer();
  void recover();
  void shut_down();

  // faults.cpp
  void plague();
  void every(duration mean, void (simulation::*what)());
  process_ptr victim();
  void partition();
  void clog();
  void crash();
  void pause();
  void restart();
  void change_leader();
  void lose_quorum();
  void depose_leader();
  void restart_server();
  void restart_agent();
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

  process_ptr add_member(std::size_t slot);
  void replace_later(const process_ptr& old, duration wait);
  std::string some_key();
  static std::string unrelated_key(std::size_t i);
  bool at_peace();
  bool led_and_agreed(std::string* why) const;
  void check_requests();
  void finish(outcome& result);

  scenario scenario_;
  world world_;
  ground_truth truth_;
  network network_;
  server server_;
  safety_checker checker_;
  run_context context_;
  std::vector<process_ptr> processes_;    // those who count
  std::vector<process_ptr> departed_;
  std::vector<std::shared_ptr<foreign_contender>> foreign_;
  std::map<actor, std::uint64_t> requests_before_;
  actor next_number_ = 0;
  std::size_t expected_ = 0;  ///< processes that are down and will be back
  bool faults_ = true;
  bool steady_ = false;
  time_point look_again_at_ = time_point::min();
};

/// Draws, runs and takes down. A run that failed was stopped in its midst, its coroutines where
/// they were: it is left lying, not taken down.
outcome simulate(const scenario& p, std::FILE* trace_to = nullptr);

}  // namespace tenure::sim
