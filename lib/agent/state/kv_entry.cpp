#include "agent/state/kv_entry.hpp"

#include "agent/state/session_entry.hpp"

namespace tenure::agent {

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
