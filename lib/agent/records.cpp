#include "agent/records.hpp"

#include <algorithm>

#include "agent/go_json.hpp"

namespace tenure::agent {

bool session_record::bound_to(std::string_view check) const noexcept {
  const auto is = [check](const std::string& id) { return go_json_field(id, check); };
  const auto any = [&is](const std::vector<std::string>& ids) {
    return std::any_of(ids.begin(), ids.end(), is);
  };
  if (any(checks) || (node_checks && any(*node_checks))) return true;
  return service_checks && std::any_of(service_checks->begin(), service_checks->end(),
                                       [&is](const service_check& c) { return is(c.id); });
}

void kv_entry::held_by(session_record* holder) noexcept {
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
