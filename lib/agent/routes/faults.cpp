// The faults that simulations inject.
#include <utility>

#include "agent/routes/endpoints.hpp"

namespace tenure::agent {

void endpoints::set_session_life(std::function<duration(duration)> life) {
  session_life_ = std::move(life);
}

void endpoints::restart_ttls() {
  sessions_.for_each([this](session_entry& session) {
    arm_session(session);
    return true;
  });
}

void endpoints::freeze_sessions() { sessions_frozen_ = true; }

void endpoints::unfreeze_sessions() {
  sessions_frozen_ = false;
  restart_ttls();
}

void endpoints::set_lock_delay_mode(lock_delay_mode mode) { locks_.set_mode(mode); }

void endpoints::cut_lock_delays(time_point until) { locks_.cut_delays(until); }

void endpoints::record_changes() { keys_.record_changes(&changed_keys_); }

std::vector<std::string> endpoints::take_changes() { return std::exchange(changed_keys_, {}); }

std::vector<std::string> endpoints::service_ids() const {
  std::vector<std::string> ids;
  for (const auto& [id, service] : services_.all_services()) ids.push_back(id);
  return ids;
}

std::optional<kv_fields> endpoints::find(const std::string& key) const {
  const kv_entry* entry = keys_.find(key);
  if (entry == nullptr) return std::nullopt;
  return *entry;
}

std::vector<kv_fields> endpoints::snapshot(const std::string& prefix) const {
  std::vector<kv_fields> all;
  keys_.for_each(prefix, [&all](const kv_entry& one) {
    all.push_back(one);
    return true;
  });
  return all;
}

void endpoints::restore(const std::string& prefix, const std::vector<kv_fields>& keys) {
  for (const kv_fields& one : snapshot(prefix)) keys_.drop(one.key);
  for (const kv_fields& one : keys) {
    session_entry* const holder =
        one.session.empty() ? nullptr : sessions_.find(session_key(one.session));
    if (one.session.empty() || holder != nullptr) keys_.put_back(one, holder);
  }
  parked_.release_all();
}

}  // namespace tenure::agent
