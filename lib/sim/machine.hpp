// What a simulated process runs on: its own clock, which runs at its own rate, its timers, its
// entropy, and a gate. While it is paused no timer fires and nothing is delivered; its boot clock
// goes on.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <tenure/time.hpp>
#include <vector>

#include "runtime/clock.hpp"
#include "runtime/environment.hpp"
#include "runtime/timer_heap.hpp"
#include "sim/world.hpp"

namespace tenure::sim {

/// A clock that is right at no time: local = offset + true x (1 + rate). Never steps, as a boot
/// clock.
class skewed_clock final : public runtime::clock {
 public:
  skewed_clock(const world& its_world, duration offset, std::int64_t rate_ppm)
      : world_(its_world), offset_(offset), rate_ppm_(rate_ppm) {}

  time_point now() const noexcept override { return local(world_.now()); }
  time_point local(time_point true_time) const noexcept;
  /// The first true instant at which the clock shows that time, or later.
  time_point to_true(time_point local_time) const noexcept;
  std::int64_t rate_ppm() const noexcept { return rate_ppm_; }

 private:
  const world& world_;
  duration offset_;
  std::int64_t rate_ppm_;
};

class machine final : public runtime::timers {
 public:
  machine(world& its_world, std::string name, std::uint64_t seed, duration offset,
          std::int64_t rate_ppm);
  ~machine() override;

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

  // -- the gate ----------------------------------------------------------------------------------
  void pause();
  void resume();
  bool paused() const noexcept { return paused_; }
  /// Runs `what` in the process: now, or when it is awake again.
  void deliver(std::function<void()> what);
  /// Told, when all is quiet again, whenever the process may have done something.
  std::function<void()> stepped;

 private:
  class alarm : public runtime::timer {
   public:
    explicit alarm(machine& m);
    machine& owner;
  };
  void follow();
  void fire();
  void note_step();

  world& world_;
  std::string name_;
  std::shared_ptr<const skewed_clock> clock_;
  std::shared_ptr<runtime::random_source> random_;
  runtime::timer_heap heap_;
  alarm alarm_;
  std::vector<std::function<void()>> inbox_;
  bool paused_ = false;
  bool firing_ = false;
  bool step_told_ = true;
};

}  // namespace tenure::sim
