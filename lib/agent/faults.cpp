#include "agent/faults.hpp"

#include <utility>

#include "agent/state.hpp"

namespace tenure::agent {

void faults::session_life(std::function<duration(duration)> life) {
  handler_.state_->hooks_.session_life = std::move(life);
}

void faults::restart_ttls() { handler_.state_->restart_ttls(); }

void faults::freeze_sessions(bool frozen) { handler_.state_->hooks_.sessions_frozen = frozen; }

void faults::ignore_lock_delay(bool ignored) { handler_.state_->locks_.ignore_delays(ignored); }

void faults::cut_lock_delays(time_point until) { handler_.state_->locks_.cut_delays(until); }

void faults::watch_changes() {
  handler_.state_->keys_.tell_changes(&handler_.state_->hooks_.touched);
}

std::vector<std::string> faults::take_changes() {
  return std::exchange(handler_.state_->hooks_.touched, {});
}

std::vector<std::string> faults::services() const {
  std::vector<std::string> ids;
  for (const auto& [id, service] : handler_.state_->services_.all_services()) ids.push_back(id);
  return ids;
}

std::optional<kv_fields> faults::find(const std::string& key) const {
  const kv_entry* entry = handler_.state_->keys_.find(key);
  if (entry == nullptr) return std::nullopt;
  return *entry;
}

}  // namespace tenure::agent
