#include "tenure-cron/running/run_registry.hpp"

namespace tenure::cron {

run_registry::decision run_registry::try_begin(const std::string& job, sys_seconds tick,
                                               bool follows_clock) {
  job_state& state = jobs_[job];
  const std::chrono::seconds correction = follows_clock ? longest_pause : longest_correction;
  const bool not_after_last = state.last_tick && tick <= *state.last_tick;
  if (not_after_last && *state.last_tick - tick <= correction) return decision::already_ran;
  if (state.running) return decision::still_running;
  state.last_tick = tick;
  state.running = true;
  return decision::run;
}

void run_registry::end(const std::string& job) {
  const auto found = jobs_.find(job);
  if (found != jobs_.end()) found->second.running = false;
}

std::optional<sys_seconds> run_registry::last_tick(const std::string& job) const {
  const auto found = jobs_.find(job);
  if (found == jobs_.end()) return std::nullopt;
  return found->second.last_tick;
}

}  // namespace tenure::cron
