#include "election/group/group_watch.hpp"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <tenure/outage_log.hpp>
#include <utility>
#include <vector>

#include "consul/failure_log.hpp"
#include "core/group/move_pace.hpp"
#include "election/connections.hpp"
#include "election/group/member_removal.hpp"

namespace tenure::impl {
namespace {

namespace asio = boost::asio;

constexpr std::string_view group_failed = "group watch failed";
constexpr std::string_view delete_failed = "left-over member key delete failed";

}  // namespace

group_watch::group_watch(std::shared_ptr<context> shared, std::string group, receiver& to)
    : shared_(std::move(shared)),
      group_(std::move(group)),
      receiver_(to),
      watch_(shared_->env, shared_->client, shared_->connections->polls,
             {.wait = shared_->options.wait(), .how = consul::consistency::consistent},
             members_prefix(group_), *this),
      tasks_(shared_->env->executor, *shared_->env->timers, log_failures(shared_->env->log)),
      changed_(*shared_->env->timers) {}

asio::awaitable<void> group_watch::run() {
  std::exception_ptr thrown;
  tasks_.spawn(clean());
  try {
    co_await watch_.run();
  } catch (...) {
    thrown = std::current_exception();
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  tasks_.cancel();
  co_await tasks_.join();
  if (thrown) std::rethrow_exception(thrown);
}

// -- what the watch shows ------------------------------------------------------------------------

void group_watch::on_list(const consul::kv_list& answer) {
  shared_->env->outages->succeeded(group_failed, shared_->now());
  if (error_) {
    error_ = error_code{};
    receiver_.on_group_error(error_);
  }
  group_view view = read_group(group_, answer);
  note_unreadable(view);
  const bool news = !last_ || !last_->same_group(view);
  last_ = std::move(view);
  receiver_.on_answer(*last_);
  if (news) receiver_.on_group(*last_);
  note_left_overs(*last_);
}

void group_watch::on_list_error(const consul::kv_list& answer) {
  consul::log_failure(*shared_->env, group_failed, answer.error, answer.detail,
                      {{"group", group_}});
  if (error_ == answer.error) return;
  error_ = answer.error;
  receiver_.on_group_error(error_);
}

void group_watch::note_unreadable(const group_view& view) {
  std::set<std::string> now(view.unreadable.begin(), view.unreadable.end());
  for (const std::string& key : now) {
    if (unreadable_.contains(key)) continue;
    shared_->env->log->log(log_level::warn, "member document unreadable", {{"key", key}});
  }
  unreadable_ = std::move(now);
}

// -- left-overs ----------------------------------------------------------------------------------

void group_watch::note_left_overs(const group_view& view) {
  std::map<std::string, cleaning> now;
  for (const left_over& seen : view.left_overs) {
    cleaning& one = now[seen.key];
    const auto known = left_overs_.find(seen.key);
    if (known != left_overs_.end() && known->second.modify_index == seen.modify_index) {
      one = known->second;
      continue;
    }
    const std::size_t place = receiver_.place_of(seen);
    one.modify_index = seen.modify_index;
    one.due = shared_->now() + core::claim_handicap * place;
  }
  left_overs_ = std::move(now);
  if (!left_overs_.empty()) changed_.notify_all();
}

asio::awaitable<void> group_watch::clean() {
  for (;;) {
    const auto next = std::ranges::min_element(
        left_overs_, {}, [](const auto& one) { return one.second.due; });
    const time_point due = next == left_overs_.end() ? time_point::max() : next->second.due;
    if (due > shared_->now()) {
      co_await changed_.wait(due);
      continue;
    }
    co_await remove(next->first);
  }
}

// No notice follows: a key cannot be handed to a session that has ended.
std::vector<consul::txn_op> group_watch::removal_of(const std::string& key,
                                                    const cleaning& how) const {
  const std::string session = key.substr(members_prefix(group_).size());
  return member_removal(group_, session, consul::txn_op::check_index(key, how.modify_index),
                        how.scope);
}

asio::awaitable<void> group_watch::remove(std::string key) {
  const cleaning how = left_overs_.at(key);
  std::vector<consul::txn_op> ops = removal_of(key, how);
  const time_point deadline = shared_->client.deadline();
  const consul::txn_result answer = co_await shared_->client.write(std::move(ops), deadline);
  if (answer.error) {
    consul::log_failure(*shared_->env, delete_failed, answer.error, answer.detail, {{"key", key}});
  } else {
    shared_->env->outages->succeeded(delete_failed, shared_->now());
  }
  if (answer.committed) {
    shared_->env->log->log(log_level::info, "left-over member key deleted", {{"key", key}});
  }
  const auto known = left_overs_.find(key);
  if (known == left_overs_.end() || known->second.modify_index != how.modify_index) co_return;
  if (answer.error) {
    const bool forbidden = answer.error == consul_errc::forbidden;
    known->second.scope =
        forbidden ? after_forbidden(how.scope) : removal_scope::key_and_notices;
    known->second.due =
        shared_->now() + known->second.failures.next(shared_->env->random->next());
  } else {
    left_overs_.erase(known);  // or it was changed: the watch shows how
  }
}

}  // namespace tenure::impl
