// The engine's groups: joining, leaving, and their part of the shut-down.
#include <algorithm>
#include <utility>

#include "election/engine.hpp"
#include "election/errors.hpp"
#include "runtime/keep_alive.hpp"

namespace tenure::impl {

namespace asio = boost::asio;

std::shared_ptr<group_core> engine::join(std::string prefix, membership how) {
  shared_->check_open();
  check_group_prefix(prefix);
  how.check();
  const bool joined = std::ranges::any_of(
      groups_, [&](const auto& known) { return known->prefix() == prefix; });
  if (joined) fail(errc::already_entered, "the group \"" + prefix + "\"");
  auto fresh = std::make_shared<group_core>(weak_from_this(), shared_, std::move(prefix),
                                            std::move(how));
  for (const auto& weak : left_groups_) {
    const auto left = weak.lock();
    if (left && left->prefix() == fresh->prefix()) left->joined_again(*fresh);
  }
  groups_.push_back(fresh);
  fresh->start();
  return fresh;
}

// Its participants hand over what they lead: the group knows that it leaves. Until it does, others
// may hand something to this process. A term that began by it would be over in a moment, and what a
// campaign that wins has begun by then would count as stopped.
asio::awaitable<void> engine::leave_group(std::shared_ptr<group_core> which) {
  for (const auto& one : which->participants()) {
    if (!one->current()) one->begin_no_term();
  }
  co_await which->announce_leaving();
  const std::vector<std::shared_ptr<participant>> its = which->participants();
  group_core::stop_function stop = [this](const std::shared_ptr<participant>& one) {
    begin_leaving(one, leaving_how::with_its_group);
  };
  co_await which->stop_each(std::move(stop));
  co_await wait_for_work(its);
  co_await wait_settled(its, shared_->now() + shared_->request_timeout());
  co_await which->end();
  std::erase(groups_, which);
  remember(left_groups_, which);
}

// The other members take what is handed over only if they know that this one leaves.
asio::awaitable<void> engine::stop_group(std::shared_ptr<group_core> which) {
  co_await which->announce_leaving();
  group_core::stop_function stop = [](const std::shared_ptr<participant>& one) {
    one->stop(end_reason::shut_down);
  };
  co_await which->stop_each(std::move(stop));
}

asio::awaitable<void> engine::stop_groups(std::vector<std::shared_ptr<group_core>> groups) {
  runtime::task_scope stopping(shared_->env->executor, *shared_->env->timers,
                               log_failures(shared_->env->log));
  for (const auto& one : groups) {
    stopping.spawn(runtime::keep_alive(stop_group(one), shared_from_this()));
  }
  co_await stopping.join();
}

asio::awaitable<void> engine::end_groups(std::vector<std::shared_ptr<group_core>> groups) {
  runtime::task_scope ending(shared_->env->executor, *shared_->env->timers,
                             log_failures(shared_->env->log));
  for (const auto& one : groups) ending.spawn(runtime::keep_alive(one->end(), one));
  co_await ending.join();
  for (const auto& one : groups) co_await one->wait_left();
}

}  // namespace tenure::impl
