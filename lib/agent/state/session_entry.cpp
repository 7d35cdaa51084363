#include "agent/state/session_entry.hpp"

#include <algorithm>

#include "agent/state/names.hpp"

namespace tenure::agent {

bool session_entry::bound_to(std::string_view check) const noexcept {
  const auto is = [check](const std::string& id) { return same_name(id, check); };
  const auto any = [&is](const std::vector<std::string>& ids) {
    return std::any_of(ids.begin(), ids.end(), is);
  };
  if (any(checks) || (node_checks && any(*node_checks))) return true;
  return service_checks && std::any_of(service_checks->begin(), service_checks->end(),
                                       [&is](const service_check& c) { return is(c.id); });
}

// Here and not with kv_entry: the list of held keys belongs to the session.
void kv_entry::set_holder(session_entry* holder) noexcept {
  if (holder == holder_) return;
  if (holder_ != nullptr) {
    (previous_held_ != nullptr ? previous_held_->next_held_ : holder_->first_held) = next_held_;
    if (next_held_ != nullptr) next_held_->previous_held_ = previous_held_;
  }
  holder_ = holder;
  previous_held_ = nullptr;
  next_held_ = nullptr;
  if (holder == nullptr) return;
  next_held_ = holder->first_held;
  if (next_held_ != nullptr) next_held_->previous_held_ = this;
  holder->first_held = this;
}

}  // namespace tenure::agent
