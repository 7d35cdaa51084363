// How a tenant ends: it starts nothing more, hands over what it leads as its runs end, and leaves.
#include <algorithm>
#include <utility>

#include "tenure-cron/daemon/tenant.hpp"

namespace tenure::cron {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

// The others take nothing from a member of whose end they do not know yet, and might hand back what
// they got.
constexpr duration most_announcing = 1500ms;
constexpr duration announcing_pause = 20ms;

}  // namespace

asio::awaitable<void> tenant::end(time_point stop_at) {
  stop_at_ = std::min(stop_at_, stop_at);
  changed_.notify_all();
  const bool second = std::exchange(ending_, true);
  while (second && !ended_) co_await changed_.wait();
  if (second) co_return;
  if (groups_) tasks_.spawn(announce_end());
  for (const auto& [key, one] : by_key_) {
    one->wind_down(groups_ ? lane::after_runs::hold : lane::after_runs::resign);
  }
  tasks_.spawn(follow_lanes());
  while (!lanes_ended_ && replica_.timers->now() < stop_at_) co_await changed_.wait(stop_at_);
  for (const auto& [key, one] : by_key_) one->stop_runs(stop_cause::shutdown);
  while (!lanes_ended_) co_await changed_.wait();
  co_await elections_.shut_down();
  tasks_.cancel();
  co_await tasks_.join();
  ended_ = true;
  changed_.notify_all();
}

asio::awaitable<void> tenant::announce_end() {
  try {
    groups_->give_up();
  } catch (const boost::system::system_error&) {  // the group is left already
  }
  const time_point latest = replica_.timers->now() + most_announcing;
  while (!groups_->given_up() && replica_.timers->now() < latest) {
    co_await runtime::sleep_until(*replica_.timers, replica_.timers->now() + announcing_pause);
  }
  for (const auto& [key, one] : by_key_) one->release();
}

asio::awaitable<void> tenant::follow_lanes() {
  std::vector<std::shared_ptr<lane>> all;
  for (const auto& [key, one] : by_key_) all.push_back(one);
  for (const std::shared_ptr<lane>& one : all) co_await one->ended();
  lanes_ended_ = true;
  changed_.notify_all();
}

}  // namespace tenure::cron
