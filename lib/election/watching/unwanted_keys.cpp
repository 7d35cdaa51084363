#include "election/watching/unwanted_keys.hpp"

#include <algorithm>
#include <tenure/outage_log.hpp>
#include <tenure/toolkit/timers.hpp>
#include <utility>

#include "consul/failure_log.hpp"
#include "consul/transaction_size.hpp"

namespace tenure::impl {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr std::string_view release_failed = "unwanted key release failed";

// For an election that is being entered just now.
constexpr duration patience = 1s;
constexpr duration repeat_after = 5s;
// Two operations each.
constexpr std::size_t most_keys = 32;

// The keys of members and of contenders for a semaphore's slot are named after their sessions.
bool named_after_session(const consul::kv_entry& key) noexcept {
  return std::string_view(key.key).ends_with(key.session);
}

std::size_t bytes_of_release(const std::string& key, const std::string& value) noexcept {
  return 2 * (key.size() + consul::bytes_around_op) + value.size() * 4 / 3;
}

}  // namespace

unwanted_keys::unwanted_keys(std::shared_ptr<const runtime::environment> env,
                             consul::client& client, watch_registry& watches,
                             spawn_function spawn)
    : env_(std::move(env)), client_(client), watches_(watches), spawn_(std::move(spawn)) {
  watches_.report_holds(*this);
}

void unwanted_keys::add_session(const core::session_id& session) {
  remove_session(session);
  sessions_.push_back(session);
}

void unwanted_keys::remove_session(const core::session_id& session) noexcept {
  std::erase(sessions_, session);
}

bool unwanted_keys::is_own(std::string_view session) const noexcept {
  if (sessions_.empty()) return false;
  const core::session_id id(session);
  return std::ranges::find(sessions_, id) != sessions_.end();
}

void unwanted_keys::on_unwatched_hold(const consul::kv_entry& seen) {
  note(seen, participant_has::same_session);
}

void unwanted_keys::note(const consul::kv_entry& seen, participant_has whose) {
  // Without a participant it may be a key that the program locks for itself. A key with one is that
  // of an election, also if an operator wrote over it: that keeps the lock and not the flags.
  const bool of_election = whose == participant_has::other_session ||
                           seen.flags == consul::lock_flags;
  if (!of_election || named_after_session(seen)) return;
  add(seen, whose);
}

void unwanted_keys::add(const consul::kv_entry& seen, participant_has whose) {
  hold& known = holds_[seen.key];
  if (known.modify_index == seen.modify_index) {
    // Seen first without a participant, and now by one that has another session.
    known.whose = std::max(known.whose, whose);
    return;
  }
  known = {.session = seen.session,
           .value = seen.value.empty() ? seen.session : seen.value,
           .modify_index = seen.modify_index,
           .due = env_->timers->now() + patience,
           .whose = whose};
  if (!std::exchange(running_, true)) spawn_(release_all());
}

asio::awaitable<void> unwanted_keys::release_all() {
  while (!holds_.empty()) {
    const auto next = std::ranges::min_element(
        holds_, {}, [](const auto& one) { return one.second.due; });
    const time_point due = next->second.due;
    co_await runtime::sleep_until(*env_->timers, due);
    holds batch = take_due();
    if (!batch.empty()) co_await release(std::move(batch));
  }
  running_ = false;
}

unwanted_keys::holds unwanted_keys::take_due() {
  holds batch;
  std::size_t bytes = 0;
  const time_point now = env_->timers->now();
  for (auto at = holds_.begin(); at != holds_.end() && batch.size() < most_keys;) {
    if (at->second.due > now) {
      ++at;
      continue;
    }
    const bool other = at->second.whose == participant_has::other_session;
    if (other || !watches_.has_candidate(at->first)) {
      bytes += bytes_of_release(at->first, at->second.value);
      if (!batch.empty() && bytes > consul::most_transaction_bytes) break;
      batch.insert(*at);
    }
    at = holds_.erase(at);
  }
  return batch;
}

// One that has changed meanwhile refuses the others as well.
asio::awaitable<void> unwanted_keys::release(holds batch) {
  const auto all = std::make_shared<const holds>(std::move(batch));
  const bool refused = co_await send(all);
  if (!refused) co_return;
  for (const auto& one : *all) {
    if (all->size() > 1) {
      const auto alone = std::make_shared<const holds>(holds{one});
      const bool changed = co_await send(alone);
      if (!changed) continue;
    }
    co_await look_at(one.first, one.second);
  }
}

// The key was written since, but our session may still hold it. No answer need show it again: a
// notice alone may have told of it.
asio::awaitable<void> unwanted_keys::look_at(std::string key, hold held) {
  const consul::kv_result answer = co_await client_.get(key, consul::consistency::consistent);
  if (answer.error) {
    again_later(key, held);
  } else if (answer.entry && answer.entry->session == held.session) {
    add(*answer.entry, held.whose);
  }
}

// What was learned of the key meanwhile counts more.
void unwanted_keys::again_later(const std::string& key, const hold& held) {
  const auto [again, same] = holds_.try_emplace(key, held);
  if (same) again->second.due = env_->timers->now() + repeat_after;
}

/// Whether Consul refused it because of one of the keys.
asio::awaitable<bool> unwanted_keys::send(std::shared_ptr<const holds> batch) {
  std::vector<consul::txn_op> ops;
  for (const auto& [key, held] : *batch) {
    ops.push_back(consul::txn_op::check_index(key, held.modify_index));
    ops.push_back(consul::txn_op::unlock(key, held.session, held.value, consul::lock_flags));
  }
  const time_point deadline = client_.deadline();
  const consul::txn_result answer = co_await client_.write(std::move(ops), deadline);
  if (answer.error) {
    consul::log_failure(*env_, release_failed, answer.error, answer.detail,
                        {{"keys", batch->size()}});
    for (const auto& [key, held] : *batch) again_later(key, held);
    co_return false;
  }
  env_->outages->succeeded(release_failed, env_->timers->now());
  if (!answer.committed) co_return true;
  for (const auto& [key, held] : *batch) {
    env_->log->log(log_level::info, "unwanted key released", {{"key", key}});
  }
  co_return false;
}

}  // namespace tenure::impl
