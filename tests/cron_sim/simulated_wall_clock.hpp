// How a simulated process reads the wall clock of its machine.
#pragma once

#include <memory>

#include "cron_sim/machine_clock.hpp"
#include "sim/host.hpp"
#include "tenure-cron/schedule/wall_clock.hpp"

namespace tenure::cron_sim {

/// `process` and `machine` must outlive it.
class simulated_wall_clock final : public cron::wall_clock {
 public:
  simulated_wall_clock(sim::host& process, machine_clock& machine);
  ~simulated_wall_clock() override;

  cron::sys_milliseconds now() const override { return machine_.now(); }

 private:
  class alarm_timer : public runtime::timer {
   public:
    explicit alarm_timer(simulated_wall_clock& c);
    simulated_wall_clock& owner;
  };
  void arm(cron::sys_seconds at) override;

  sim::host& process_;
  machine_clock& machine_;
  alarm_timer timer_;
  machine_clock::listener listening_;
  /// Expires with this object: a paused process hears of a step later.
  std::shared_ptr<simulated_wall_clock*> self_;
};

}  // namespace tenure::cron_sim
