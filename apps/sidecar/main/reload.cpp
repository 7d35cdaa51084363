// SIGHUP: the elections of the file as it is now. What did not change keeps its term.
#include <algorithm>
#include <boost/system/system_error.hpp>
#include <exception>
#include <tenure/toolkit/async_condition.hpp>
#include <utility>

#include "common/duration.hpp"
#include "sidecar/main/sidecar.hpp"

namespace tenure::sidecar {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

/// Between two attempts to enter an election whose key is not released yet, as in an outage.
constexpr duration retry_interval = 1s;
/// Requests that use an election that was removed end within this time.
constexpr duration longest_request = 1min;

bool same_name(const election_config& a, const election_config& b) {
  return a.options.name == b.options.name;
}

}  // namespace

void sidecar::reload() {
  if (!load_) {
    log_->log(log_level::info, "nothing to reload",
              {log_field("reason", "the configuration is the environment, which needs a restart")});
    return;
  }
  manager_.reloading();
  load_and_apply();
  manager_.ready();
}

void sidecar::load_and_apply() {
  try {
    config next = load_();
    check_reloadable(next);
    apply(std::move(next));
  } catch (const std::exception& e) {
    log_->log(log_level::error, "reload refused", {log_field("error", e.what())});
  }
}

// All of the file applies, or nothing of it does.
void sidecar::check_reloadable(const config& next) const {
  const auto refuse = [&](int line, const std::string& text) {
    throw fatal_error(0, next.file + ":" + std::to_string(line) + ": " + text);
  };
  if (const auto found = first_difference(config_.fixed, next.fixed))
    refuse(found->line, found->text + ": cannot change while the sidecar runs: restart it, or "
                                      "undo this change and reload");
  for (const election_config& e : next.elections) {
    for (const auto& c : components_) {
      const std::string error = c->error_in(e.options);
      if (!error.empty()) refuse(e.line, "election '" + e.options.name + "': " + error);
    }
  }
}

void sidecar::apply(config next) {
  config_.shutdown = next.shutdown;
  config_.elections = std::move(next.elections);
  const time_point deadline = timers_->now() + config_.shutdown.value_or(default_shutdown);
  std::uint64_t kept = 0;
  std::uint64_t ended = 0;
  std::uint64_t restarted = 0;
  pending_ = config_.elections;
  for (const auto& r : runners_) {
    if (r->ending()) continue;
    const election_config& now = r->configured();
    const auto wanted = std::ranges::find_if(
        pending_, [&](const election_config& e) { return same_name(e, now); });
    if (wanted != pending_.end() && wanted->fingerprint == now.fingerprint) {
      pending_.erase(wanted);
      ++kept;
      continue;
    }
    ++(wanted == pending_.end() ? ended : restarted);
    r->begin_end(deadline);
    tasks_.spawn(drop(r.get()));
  }
  log_->log(log_level::info, "configuration reloaded",
            {log_field("added", std::uint64_t{pending_.size() - restarted}),
             log_field("removed", ended), log_field("restarted", restarted),
             log_field("unchanged", kept)});
  for (const election_config& e : config_.elections) {
    if (e.options.group && !must_wait(e)) context_.groups.adjust(*e.options.group);
  }
  enter_pending();
}

void sidecar::enter_pending() {
  bool retry = false;
  std::vector<election_config> waiting;
  for (const election_config& e : std::exchange(pending_, {})) {
    if (must_wait(e)) {
      waiting.push_back(e);
      continue;
    }
    try {
      election_runner& added = enter(e);
      added.set_added();
      added.start();
      log_->log(log_level::info, "election entered", {log_field("election", e.options.name)});
    } catch (const boost::system::system_error& error) {
      for (const auto& c : components_) c->remove(e.options.name);
      if (error.code() == errc::already_entered) {
        waiting.push_back(e);
        retry = true;
      } else {
        log_->log(log_level::error, "election not entered",
                  {log_field("election", e.options.name), log_field("error", error.what())});
      }
    } catch (const std::exception& error) {
      for (const auto& c : components_) c->remove(e.options.name);
      log_->log(log_level::error, "election not entered",
                {log_field("election", e.options.name), log_field("error", error.what())});
    }
  }
  pending_ = std::move(waiting);
  if (retry && !std::exchange(retrying_, true)) tasks_.spawn(retry_pending());
}

asio::awaitable<void> sidecar::retry_pending() {
  co_await runtime::sleep_until(*timers_, timers_->now() + retry_interval);
  retrying_ = false;
  if (!ending_) enter_pending();
}

// For an election with its name or key, and for a group that has to be joined anew.
bool sidecar::must_wait(const election_config& e) const {
  if (e.options.group && context_.groups.leaving(e.options.group->prefix)) return true;
  return std::ranges::any_of(runners_, [&](const auto& r) {
    const election_options& now = r->configured().options;
    if (now.name == e.options.name || now.key == e.options.key) return r->ending();
    const bool same_group =
        now.group && e.options.group && now.group->prefix == e.options.group->prefix;
    return same_group && canonical_group(now) != canonical_group(e.options);
  });
}

// The rest of the way out of an election that a reload has removed or restarts. A promise may last
// longer than the deadline: the key is released when it is over.
asio::awaitable<void> sidecar::drop(election_runner* r) {
  const time_point deadline = timers_->now() + config_.shutdown.value_or(default_shutdown);
  const bool in_time = co_await r->ended_by(deadline);
  if (!in_time) {
    log_->log(log_level::warn, "stop incomplete",
              {log_field("election", r->name()), log_field("undone", r->unfinished())});
    r->abandon();
    co_await r->ended_by(time_point::max());
  }
  if (ending_) co_return;
  co_await r->leave();
  if (ending_) co_return;
  const election_options gone = r->configured().options;
  for (const auto& c : components_) c->remove(gone.name);
  context_.settings_keys.erase(gone.name);
  by_key_.erase(gone.key);
  const auto place = std::ranges::find_if(runners_, [&](const auto& u) { return u.get() == r; });
  dropped_.push_back(std::move(*place));
  runners_.erase(place);
  tasks_.spawn(destroy_oldest_dropped());
  log_->log(log_level::info, "election left", {log_field("election", gone.name)});
  if (gone.group) co_await leave_unused_group(gone.group->prefix);
  if (!ending_) enter_pending();
}

asio::awaitable<void> sidecar::destroy_oldest_dropped() {
  co_await runtime::sleep_until(*timers_, timers_->now() + longest_request);
  dropped_.pop_front();
}

asio::awaitable<void> sidecar::leave_unused_group(std::string prefix) {
  const bool used = std::ranges::any_of(runners_, [&](const auto& r) {
    const auto& group = r->configured().options.group;
    return group && group->prefix == prefix;
  });
  if (!used) co_await context_.groups.leave(prefix);
}

}  // namespace tenure::sidecar
