#include "cron_sim/machine_clock.hpp"

namespace tenure::cron_sim {

using std::chrono::milliseconds;

sys_milliseconds machine_clock::at(time_point true_time) const {
  return epoch_ + std::chrono::floor<milliseconds>(true_time.time_since_epoch() + offset_);
}

time_point machine_clock::when(sys_milliseconds t) const {
  return time_point(std::chrono::duration_cast<duration>(t - epoch_) - offset_);
}

void machine_clock::set_offset(duration offset) {
  offset_ = offset;
  for (const auto& on_set : listeners_) on_set();
}

}  // namespace tenure::cron_sim
