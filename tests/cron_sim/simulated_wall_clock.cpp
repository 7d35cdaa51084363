#include "cron_sim/simulated_wall_clock.hpp"

#include <algorithm>

namespace tenure::cron_sim {

simulated_wall_clock::alarm_timer::alarm_timer(simulated_wall_clock& c)
    : timer([](timer& t) noexcept { static_cast<alarm_timer&>(t).owner.ring(); }), owner(c) {}

simulated_wall_clock::simulated_wall_clock(sim::host& process, machine_clock& machine)
    : wall_clock(process),
      process_(process),
      machine_(machine),
      timer_(*this),
      self_(std::make_shared<simulated_wall_clock*>(this)) {
  listening_ = machine_.listen([this] {
    process_.deliver([weak = std::weak_ptr(self_)] {
      if (const auto self = weak.lock()) (*self)->was_set();
    });
  });
}

simulated_wall_clock::~simulated_wall_clock() {
  machine_.forget(listening_);
  process_.disarm(timer_);
}

void simulated_wall_clock::arm(cron::sys_seconds at) {
  process_.disarm(timer_);
  if (at == cron::sys_seconds::max()) return;
  const sys_milliseconds soon = machine_.now() + std::chrono::hours(48);
  const time_point true_time = machine_.when(std::min<sys_milliseconds>(at, soon));
  // The conversion may round down: a moment later the clock certainly shows it.
  const time_point local = process_.clock()->local(true_time) + std::chrono::microseconds(1);
  process_.arm(timer_, std::max(local, process_.now()));
}

}  // namespace tenure::cron_sim
