// How a member leaves its group: the others learn of it first, so that they take what it hands
// over and give it nothing; its key goes last.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <numeric>
#include <utility>

#include "core/util/backoff.hpp"
#include "election/group/group_core.hpp"
#include "election/participant/participant.hpp"
#include "runtime/keep_alive.hpp"

namespace tenure::impl {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// For the write of `leaving`. Without it the member leaves as well.
constexpr duration most_announcing = 1s;
// Then all bodies that run on are stopped: Consul may be gone.
constexpr duration most_stopping = 2s;

}  // namespace

std::vector<std::shared_ptr<participant>> group_core::participants() const {
  std::vector<std::uint32_t> seats(planner_.elections());
  std::iota(seats.begin(), seats.end(), 0U);
  std::vector<std::shared_ptr<participant>> all;
  for (const std::uint32_t seat : in_key_order(std::move(seats), planner_)) {
    if (auto one = planner_.at(seat).weak().lock()) all.push_back(std::move(one));
  }
  return all;
}

asio::awaitable<void> group_core::announce_leaving() {
  if (std::exchange(leaving_, true)) co_return;
  claims_.close();
  planner_.set_leaving();
  core::group_member document = key_->document();
  document.leaving = true;
  publish(std::move(document));
  const time_point give_up = shared_->now() + most_announcing;
  while (joined_ && !ended_ && !key_->written() && shared_->now() < give_up) {
    co_await key_->changed().wait(give_up);
  }
}

asio::awaitable<void> group_core::stop_each(stop_function stop) {
  std::vector<std::shared_ptr<participant>> leading;
  for (const std::shared_ptr<participant>& one : participants()) {
    if (one->can_hand_over()) {
      leading.push_back(one);
    } else {
      stop(one);
    }
  }
  const time_point hurry = shared_->now() + most_stopping;
  std::size_t next = 0;
  while (next < leading.size()) {
    const time_point now = shared_->now();
    std::size_t room = now < hurry ? mover_.window().room(now) : leading.size();
    for (; room > 0 && next < leading.size(); --room) {
      const std::shared_ptr<participant> one = leading[next++];
      mover_.window().stopped(*one, now);
      stop(one);
    }
    const time_point until = std::min(hurry, mover_.window().next());
    if (next < leading.size()) co_await changed_.wait(until);
  }
}

asio::awaitable<void> group_core::end() {
  const bool second = std::exchange(ending_, true);
  while (second && !ended_) co_await changed_.wait();
  if (second) co_return;
  // In an outage the shut-down does not wait for this as well: the survivors delete the key.
  const bool outage = key_->last_error() && !key_->missing();
  if (!shared_->shutting_down || !outage) co_await key_->remove();
  if (key_->gone()) {
    notices_.close();
    co_await drop_session();
  } else if (!shared_->shutting_down) {
    shared_->tasks.spawn(runtime::keep_alive(remove_later(), shared_from_this()));
  }
  tasks_.cancel();
  co_await tasks_.join();
  ended_ = true;
  end_name_conflict();
  shared_->env->timers->disarm(*this);
  changed_.notify_all();
  key_->changed().notify_all();
  if (joined_) {
    shared_->env->log->log(log_level::info, "group left",
                           {{"group", prefix_}, {"member", how_.name()}});
  }
}

// A member that has not seen yet that this one has left may hand a key to its session: so another
// session takes its place, unless others of this process use it.
asio::awaitable<void> group_core::drop_session() {
  const std::string id = session_id_;
  if (id.empty() || shared_->shutting_down || session_->session->user_count() > 1) co_return;
  const consul::ack answer = co_await shared_->client.destroy_session(id);
  if (!answer.error) session_->session->replace(id);
}

// In an outage. While the key is there, other members hand elections to its session.
asio::awaitable<void> group_core::remove_later() {
  core::backoff pauses(1s, 10s);
  while (!key_->gone() && !shared_->shutting_down) {
    const time_point again = shared_->now() + pauses.next(shared_->env->random->next());
    co_await runtime::sleep_until(*shared_->env->timers, again);
    if (!shared_->shutting_down) co_await key_->remove();
  }
  if (shared_->shutting_down || joined_again_) co_return;
  notices_.close();
  co_await drop_session();
}

void group_core::joined_again(group_core& again) {
  if (again.session_->session != session_->session) return;  // it has another key
  joined_again_ = true;
  again.key_->take_over(*key_);
}

asio::awaitable<void> group_core::leave_now() {
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  const std::shared_ptr<group_owner> owner = owner_.lock();
  if (!owner) co_return;
  ++leaves_;
  co_await owner->leave_group(shared_from_this());
  --leaves_;
  changed_.notify_all();
}

asio::awaitable<void> group_core::wait_left() {
  while (leaves_ != 0) co_await changed_.wait();
}

// In a separate coroutine, so that the caller's cancellation ends only the wait.
asio::awaitable<void> group_core::leave() {
  auto leaving = runtime::keep_alive(leave_now(), shared_from_this());
  co_await asio::co_spawn(shared_->env->executor, std::move(leaving), asio::use_awaitable);
}

void group_core::leave_in_background() {
  if (shared_->shutting_down || leaving_) return;
  asio::co_spawn(shared_->env->executor, runtime::keep_alive(leave_now(), shared_from_this()),
                 asio::detached);
}

}  // namespace tenure::impl
