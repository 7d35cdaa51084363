// A simulated replica of tenure-cron: its ledger and its terms are production's, its host, its
// clocks and its commands are simulated.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <tenure/elections.hpp>
#include <tenure/toolkit/task_scope.hpp>
#include <vector>

#include "cron_sim/cron_scenario.hpp"
#include "cron_sim/machine_clock.hpp"
#include "cron_sim/mistake.hpp"
#include "cron_sim/simulated_runner.hpp"
#include "cron_sim/simulated_wall_clock.hpp"
#include "cron_sim/tick_checker.hpp"
#include "sim/host.hpp"
#include "sim/link.hpp"
#include "sim/run_context.hpp"
#include "tenure-cron/running/admission.hpp"
#include "tenure-cron/term/lane_context.hpp"
#include "tenure-cron/term/term_schedule.hpp"

namespace tenure::cron_sim {

class replica;

/// What the replicas of a run share.
class fleet {
 public:
  fleet(sim::run_context& s, const cron_scenario& c, tick_checker& t, mistake m)
      : simulated(s), scenario(c), checker(t), made(m) {}

  sim::run_context& simulated;
  const cron_scenario& scenario;
  tick_checker& checker;
  const mistake made;
  std::vector<std::unique_ptr<machine_clock>> clocks;  ///< by slot
  std::vector<std::shared_ptr<replica>> replicas;      ///< all that ever were
};

class replica : public std::enable_shared_from_this<replica> {
 public:
  replica(fleet& all, sim::actor number, std::size_t slot);
  ~replica();

  void start();
  /// Ends at once, with its commands: it sends nothing more.
  void crash();
  /// SIGTERM: drains, then resigns.
  void stop();
  void pause();
  void resume() { host_.resume(); }
  /// An operator uses this replica's Consul to move leadership: pins, drains or deposes.
  void move_leader();

  /// Whether its lease for that election holds at this true instant.
  bool leads(const std::string& key) const;
  std::size_t slot() const noexcept { return slot_; }
  const std::string& name() const noexcept { return host_.name(); }
  sim::actor number() const noexcept { return number_; }
  bool alive() const noexcept { return !dead_ && !stopping_; }
  bool stopped() const noexcept { return stopped_; }
  bool paused() const noexcept { return host_.paused(); }
  sim::link& link() noexcept { return *link_; }

 private:
  template <class T>
  using awaitable = boost::asio::awaitable<T>;
  class lane {
   public:
    explicit lane(cron::lane_context shared) : context(std::move(shared)) {}
    cron::lane_context context;
    std::optional<election> entered;
    term leading;
    std::unique_ptr<cron::term_schedule> schedule;
  };

  void open_elections();
  void make_lanes();
  awaitable<void> serve(std::size_t number);
  awaitable<void> lead(lane& of, term won);
  /// Whether a lane's schedule runs.
  bool working() const;
  awaitable<void> follow_control();
  awaitable<void> move();
  awaitable<void> shut_down();
  awaitable<void> sleep(duration d) { return runtime::sleep_until(host_, host_.now() + d); }
  void failed(std::exception_ptr thrown);

  fleet& fleet_;
  const sim::actor number_;
  const std::size_t slot_;
  sim::host host_;
  std::shared_ptr<sim::link> link_;
  std::shared_ptr<runtime::environment> env_;
  std::optional<elections> elections_;
  std::optional<group> group_;
  simulated_wall_clock wall_;
  simulated_runner runner_;
  cron::admission admission_;
  std::unique_ptr<cron::ledger_store> store_;
  cron::control_state control_;
  std::vector<std::unique_ptr<lane>> lanes_;
  std::unique_ptr<runtime::task_scope> tasks_;
  std::size_t serving_ = 0;  // lanes
  std::uint64_t run_ids_ = 0;
  bool dead_ = false;
  bool stopping_ = false;
  bool leaves_ = false;  // its group, in its shutdown
  bool left_ = false;
  bool stopped_ = false;
};

}  // namespace tenure::cron_sim
