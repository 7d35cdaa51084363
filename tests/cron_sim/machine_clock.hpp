// The wall clock of a simulated machine: it has an offset from true time, which can change at any
// moment, and it survives the processes that read it.
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <tenure/time.hpp>

#include "sim/world.hpp"

namespace tenure::cron_sim {

using sys_milliseconds = std::chrono::sys_time<std::chrono::milliseconds>;

class machine_clock {
 public:
  /// `epoch`: UTC at the zero of true time.
  machine_clock(const sim::world& its_world, sys_milliseconds epoch, duration offset)
      : world_(its_world), epoch_(epoch), offset_(offset) {}

  sys_milliseconds now() const { return at(world_.now()); }
  /// The true instant at which the clock shows `t`, if nothing sets it.
  time_point when(sys_milliseconds t) const;
  duration offset() const noexcept { return offset_; }

  void set_offset(duration offset);

  using listener = std::list<std::function<void()>>::iterator;
  listener listen(std::function<void()> on_set) {
    return listeners_.insert(listeners_.end(), std::move(on_set));
  }
  void forget(listener which) { listeners_.erase(which); }

 private:
  sys_milliseconds at(time_point true_time) const;

  const sim::world& world_;
  const sys_milliseconds epoch_;
  duration offset_;
  std::list<std::function<void()>> listeners_;
};

}  // namespace tenure::cron_sim
