// Injects the faults of a scenario, except those that the network and the server draw for each
// request; and what operators do.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <tenure/time.hpp>

#include "cron_sim/replica.hpp"

namespace tenure::cron_sim {

class cron_faults {
 public:
  cron_faults(fleet& all, const sim::ground_truth& truth);

  void start();
  /// Ends all faults: links work, clocks are right again, nothing is paused.
  void stop();
  /// Starts a replica on that machine.
  void launch(std::size_t slot);
  /// Machines that await a new replica.
  std::size_t restarting() const noexcept { return restarting_; }

 private:
  using fault = void (cron_faults::*)();
  /// Injects a fault again and again, at random times with that mean interval.
  void repeat(duration mean, fault inject);

  void partition();
  void clog();
  void crash();
  void restart();
  void pause();
  void change_raft_leader();
  void lose_quorum();
  void depose_raft_leader();
  void restart_server();
  void restart_agent();
  void wake_all();
  void lose_lock_delays();
  void lose_node();
  void lose_checks();
  void lose_service();
  void step_clock();
  void jump_clock();
  void move_leader();
  void order_run();
  void pause_job();
  void delete_key();
  void write_key();
  void release_key();
  void destroy_session();

  std::shared_ptr<replica> random_alive();
  std::string random_key() { return sim::election_key(world_.below(all_.scenario.lanes())); }
  std::string random_job();
  std::string note_of(const std::string& job) const;
  void put(const std::string& key, const std::string& value);
  void start_again(std::size_t slot, duration wait);
  void set_clock(std::size_t slot, duration offset);

  fleet& all_;
  const sim::ground_truth& truth_;
  sim::world& world_;
  sim::server& server_;
  std::set<std::size_t> wrong_;  // machines whose clocks have jumped
  std::uint64_t orders_ = 0;
  bool running_ = true;
  std::size_t restarting_ = 0;
};

}  // namespace tenure::cron_sim
