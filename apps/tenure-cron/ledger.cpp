#include "tenure-cron/ledger.hpp"

namespace tenure::cron {

ledger::verdict ledger::begin(const std::string& job, sys_seconds tick) {
  record& r = records_[job];
  const bool seen = r.last_tick && tick <= *r.last_tick;
  if (seen && *r.last_tick - tick <= correction) return verdict::repeated;
  if (r.running) return verdict::overlapping;
  r.last_tick = tick;
  r.running = true;
  return verdict::run;
}

void ledger::end(const std::string& job) {
  const auto found = records_.find(job);
  if (found != records_.end()) found->second.running = false;
}

std::optional<sys_seconds> ledger::last_tick(const std::string& job) const {
  const auto found = records_.find(job);
  if (found == records_.end()) return std::nullopt;
  return found->second.last_tick;
}

}  // namespace tenure::cron
