// The simulated host of a process: its own clock, timers, random numbers, and a pause. While
// it is paused, no timer fires and nothing is delivered, but its boot clock goes on.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <tenure/time.hpp>
#include <vector>

#include "runtime/environment.hpp"
#include "runtime/timer_heap.hpp"
#include "sim/skewed_clock.hpp"
#include "sim/world.hpp"

namespace tenure::sim {

class host final : public runtime::timers {
 public:
  host(world& its_world, std::string name, std::uint64_t seed, duration offset,
       std::int64_t rate_ppm);
  ~host() override;

  boost::asio::any_io_executor executor() { return world_.io().get_executor(); }
  const std::string& name() const noexcept { return name_; }
  const std::shared_ptr<const skewed_clock>& clock() const noexcept { return clock_; }
  runtime::random_source& random() noexcept { return *random_; }
  const std::shared_ptr<runtime::random_source>& shared_random() const noexcept { return random_; }

  // -- runtime::timers, in local time ------------------------------------------------------------
  time_point now() const noexcept override { return clock_->now(); }
  void arm(runtime::timer& t, time_point at) override;
  void disarm(runtime::timer& t) noexcept override;
  std::size_t timers_armed() const noexcept { return heap_.size(); }

  // -- pausing -----------------------------------------------------------------------------------
  void pause();
  void resume();
  bool paused() const noexcept { return paused_; }
  /// Runs `what` in the process, now or after the pause.
  void deliver(std::function<void()> what);
  /// Called after each instant at which the process may have done something.
  std::function<void()> on_step;

 private:
  class alarm : public runtime::timer {
   public:
    explicit alarm(host& h);
    host& owner;
  };
  void rearm();
  void fire();
  void schedule_on_step();

  world& world_;
  std::string name_;
  std::shared_ptr<const skewed_clock> clock_;
  std::shared_ptr<runtime::random_source> random_;
  runtime::timer_heap heap_;
  alarm alarm_;
  std::vector<std::function<void()>> inbox_;
  bool paused_ = false;
  bool firing_ = false;
  bool step_scheduled_ = false;
};

}  // namespace tenure::sim
