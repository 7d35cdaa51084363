#include "sidecar/hooks/scheduler.hpp"

namespace tenure::sidecar {

const char* to_string(hook h) noexcept {
  switch (h) {
    case hook::leader_elected: return "leader-elected";
    case hook::leader_settings_changed: return "leader-settings-changed";
    case hook::leader_deposed: break;
  }
  return "leader-deposed";
}

hook_scheduler::pending& hook_scheduler::of(hook what) noexcept {
  switch (what) {
    case hook::leader_elected: return elected_;
    case hook::leader_settings_changed: return changed_;
    case hook::leader_deposed: break;
  }
  return deposed_;
}

void hook_scheduler::schedule(hook what) noexcept {
  of(what).scheduled = true;
  of(what).tried = false;
  if (running_ == what) scheduled_again_ = true;
}

void hook_scheduler::leading(std::uint64_t fence, guarantee_state g) {
  if (fence != term_) {
    term_over();
    term_ = fence;
  }
  guarantee_ = g;
  if (g == guarantee_state::given && role_ != role::leader) {
    role_ = role::leader;
    schedule(hook::leader_elected);
  } else if (g == guarantee_state::lost && role_ == role::leader) {
    // The unit may act as a follower from now on. If the guarantee comes back, leader-elected has
    // to run again.
    role_ = role::follower;
    clear(hook::leader_elected);
    schedule(hook::leader_settings_changed);
  }
}

void hook_scheduler::term_over() {
  if (term_ == 0) return;
  stopping_ = false;
  if (elected_term_ == term_) {
    deposed_term_ = term_;
    elected_term_ = 0;
    schedule(hook::leader_deposed);
  }
  term_ = 0;
  guarantee_ = guarantee_state::lost;
  clear(hook::leader_elected);
  if (role_ != role::follower) schedule(hook::leader_settings_changed);
  role_ = role::follower;
}

void hook_scheduler::following() {
  term_over();
  if (role_ == role::unknown) schedule(hook::leader_settings_changed);
  role_ = role::follower;
}

void hook_scheduler::settings(std::uint64_t index) {
  const bool changed = settings_ && *settings_ != index;
  settings_ = index;
  if (changed && role_ == role::follower) schedule(hook::leader_settings_changed);
}

// Hooks about the past run before hooks about the present. Once this process leads again, a pending
// hook from before that is tried once and then dropped.
std::optional<hook> hook_scheduler::next() const {
  if (running_ || stopping_) return std::nullopt;
  const bool leads = role_ == role::leader;
  if (deposed_.scheduled && !(leads && deposed_.tried)) return hook::leader_deposed;
  if (changed_.scheduled && !(leads && changed_.tried)) return hook::leader_settings_changed;
  if (elected_.scheduled && guarantee_ == guarantee_state::given) return hook::leader_elected;
  return std::nullopt;
}

std::uint64_t hook_scheduler::fence(hook of) const noexcept {
  return of == hook::leader_deposed ? deposed_term_ : term_;
}

void hook_scheduler::started(hook what) {
  running_ = what;
  scheduled_again_ = false;
  of(what).tried = true;
  if (what == hook::leader_elected) elected_term_ = term_;
}

void hook_scheduler::finished(hook_result result) {
  if (result == hook_result::succeeded && !scheduled_again_) clear(*running_);
  running_.reset();
}

}  // namespace tenure::sidecar
