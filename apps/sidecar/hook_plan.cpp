#include "sidecar/hook_plan.hpp"

namespace tenure::sidecar {

const char* to_string(hook h) noexcept {
  switch (h) {
    case hook::leader_elected: return "leader-elected";
    case hook::leader_settings_changed: return "leader-settings-changed";
    case hook::leader_deposed: break;
  }
  return "leader-deposed";
}

hook_plan::debt& hook_plan::of(hook what) noexcept {
  switch (what) {
    case hook::leader_elected: return elected_;
    case hook::leader_settings_changed: return changed_;
    case hook::leader_deposed: break;
  }
  return deposed_;
}

void hook_plan::owe(hook what) noexcept {
  of(what).owed = true;
  of(what).tried = false;
  if (running_ == what) owed_anew_ = true;
}

void hook_plan::leading(std::uint64_t fence, bool guaranteed) {
  if (fence != term_) {
    term_over();
    term_ = fence;
  }
  guaranteed_ = guaranteed;
  if (guaranteed && role_ != role::leader) {
    role_ = role::leader;
    owe(hook::leader_elected);
  } else if (!guaranteed && role_ == role::leader) {
    // It may act as a follower now: should the guarantee come back, it has to be told.
    role_ = role::follower;
    forget(hook::leader_elected);
    owe(hook::leader_settings_changed);
  }
}

void hook_plan::term_over() {
  if (term_ == 0) return;
  if (elected_term_ == term_) {
    deposed_term_ = term_;
    elected_term_ = 0;
    owe(hook::leader_deposed);
  }
  term_ = 0;
  guaranteed_ = false;
  forget(hook::leader_elected);
  if (role_ != role::follower) owe(hook::leader_settings_changed);
  role_ = role::follower;
}

void hook_plan::following() {
  term_over();
  if (role_ == role::unknown) owe(hook::leader_settings_changed);
  role_ = role::follower;
}

void hook_plan::settings(std::uint64_t index) {
  const bool news = settings_ && *settings_ != index;
  settings_ = index;
  if (news && role_ == role::follower) owe(hook::leader_settings_changed);
}

// What is over comes first, and then what is. Once this process leads again, what it was told while
// it did not is tried once and no more.
std::optional<hook> hook_plan::next() const {
  if (running_) return std::nullopt;
  const bool leads = role_ == role::leader;
  if (deposed_.owed && !(leads && deposed_.tried)) return hook::leader_deposed;
  if (changed_.owed && !(leads && changed_.tried)) return hook::leader_settings_changed;
  if (elected_.owed && guaranteed_) return hook::leader_elected;
  return std::nullopt;
}

std::uint64_t hook_plan::fence(hook of) const noexcept {
  return of == hook::leader_deposed ? deposed_term_ : term_;
}

void hook_plan::began(hook what) {
  running_ = what;
  owed_anew_ = false;
  of(what).tried = true;
  if (what == hook::leader_elected) elected_term_ = term_;
}

void hook_plan::ended(bool good) {
  if (good && !owed_anew_) forget(*running_);
  running_.reset();
}

}  // namespace tenure::sidecar
