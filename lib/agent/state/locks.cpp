#include "agent/state/locks.hpp"

#include <algorithm>

#include "agent/go/text.hpp"

namespace tenure::agent {

namespace {

/// Of the keys of locks, in consul/api and in tenure.
constexpr std::uint64_t lock_flags = 0x2ddccbc058a50c18;

/// By a holder whose work has ended. Other values are those of a candidate that gave up before it
/// led; a release by hand has no flags.
bool is_clean_release(const kv_fields& after) {
  return after.value.empty() && after.flags == lock_flags;
}

}  // namespace

lock_outcome locks::lock(std::uint64_t index, kv_fields& wanted) {
  if (wanted.session.empty()) return {false, "missing session"};
  const session_key id(wanted.session);
  if (!id.valid() && traits_.refuses_malformed_sessions) {
    return {false, "failed session lookup: index error: " + id.error()};
  }
  session_entry* session = sessions_.find(id);
  if (session == nullptr) return {false, "invalid session " + go_quote(wanted.session)};

  const kv_entry* existing = keys_.find(wanted.key);
  if (existing == nullptr) {
    wanted.lock_index = 1;
  } else if (existing->session == wanted.session) {
    wanted.lock_index = existing->lock_index;
  } else if (!existing->session.empty()) {
    return {};
  } else {
    wanted.lock_index = existing->lock_index + 1;
  }
  keys_.set_with_session(index, wanted, session);
  return {true, {}};
}

lock_outcome locks::unlock(std::uint64_t index, kv_fields& wanted, time_point now) {
  if (wanted.session.empty()) return {false, "missing session"};
  const kv_entry* existing = keys_.find(wanted.key);
  if (existing == nullptr || existing->session != wanted.session) return {};
  wanted.session.clear();
  wanted.lock_index = existing->lock_index;
  keys_.set_with_session(index, wanted, nullptr);
  if (!is_clean_release(wanted)) lost_at_ = now;
  return {true, {}};
}

void locks::end_session(std::uint64_t index, session_entry& session, time_point now) {
  constexpr std::int64_t longest_ns = 60'000'000'000;
  const duration lock_delay(std::min(session.lock_delay_ns, longest_ns));
  const bool deletes = session.behavior == "delete";
  if (session.first_held != nullptr) lost_at_ = now;
  while (kv_entry* held = session.first_held) {
    if (lock_delay > duration::zero()) start_delay(held->key, now + lock_delay);
    if (deletes) {
      const std::string key = held->key;
      keys_.erase(index, key);
    } else {
      kv_fields released = *held;
      released.session.clear();
      keys_.set_with_session(index, released, nullptr);
    }
  }
  timers_.disarm(session.expiry);
  sessions_.erase(index, session_key(session.id));
}

bool locks::delayed(std::string_view key, time_point now) const noexcept {
  if (now < closed_until_) return true;
  if (mode_ == lock_delay_mode::bypassed) return false;
  const auto found = delays_.find(key);
  return found != delays_.end() && found->second.deadline() > now;
}

void locks::cut_delays(time_point until) {
  for (auto& [key, d] : delays_) timers_.arm(d, std::min(d.deadline(), until));
}

void locks::start_delay(const std::string& key, time_point until) {
  const auto found = delays_.try_emplace(key, *this, key).first;
  timers_.arm(found->second, until);
}

void locks::delay::over(timer& t) noexcept {
  auto& self = static_cast<delay&>(t);
  self.owner_.delays_.erase(self.owner_.delays_.find(self.key_));
}

}  // namespace tenure::agent
