#include "election/name_conflicts.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "runtime/metering.hpp"

namespace tenure::impl {
namespace {

constexpr std::size_t remembered = 64;
constexpr duration quiet_until_over = std::chrono::seconds(10);

metric gauge_of(name_conflicts::where seen) noexcept {
  return seen == name_conflicts::where::leader ? metric::name_conflicts_leader
                                               : metric::name_conflicts_member;
}

bool contains(const std::vector<core::session_id>& all, const core::session_id& one) noexcept {
  return std::ranges::find(all, one) != all.end();
}

void remember(std::vector<core::session_id>& all, const core::session_id& one) {
  if (all.size() == remembered) all.erase(all.begin());
  all.push_back(one);
}

}  // namespace

name_conflicts::name_conflicts(std::shared_ptr<const runtime::environment> env)
    : timer([](timer& self) noexcept { static_cast<name_conflicts&>(self).over(); }),
      env_(std::move(env)) {}

name_conflicts::~name_conflicts() { stop(); }

void name_conflicts::add_own(const core::session_id& session) {
  if (!session.empty() && !contains(own_, session)) remember(own_, session);
}

bool name_conflicts::is_other(const core::session_id& session) const noexcept {
  return !session.empty() && !contains(own_, session);
}

void name_conflicts::begin(where seen, const core::session_id& other,
                           std::span<const log_field> who) {
  ++open_;
  env_->timers->disarm(*this);
  runtime::change(*env_, gauge_of(seen), 1);
  const bool known = contains(reported_, other);
  if (!known) remember(reported_, other);
  const log_level level = known ? log_level::debug : log_level::warn;
  if (!env_->log->enabled(level)) return;
  std::vector<log_field> fields(who.begin(), who.end());
  fields.emplace_back("other_session", other.text());
  fields.emplace_back("hint",
                      "give each process its own name; after a crash it may be the earlier process "
                      "of this name, whose session ends by itself");
  env_->log->log(level, "another process uses our name", fields);
}

void name_conflicts::end(where seen) noexcept {
  runtime::change(*env_, gauge_of(seen), -1);
  if (--open_ > 0 || stopped_) return;
  env_->timers->arm(*this, env_->timers->now() + quiet_until_over);
}

void name_conflicts::stop() noexcept {
  stopped_ = true;
  env_->timers->disarm(*this);
}

void name_conflicts::over() noexcept {
  reported_.clear();
  env_->log->log(log_level::info, "no other process uses our name");
}

}  // namespace tenure::impl
