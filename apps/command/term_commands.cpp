#include "command/term_commands.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <tenure/toolkit/no_throw.hpp>
#include <utility>

namespace tenure::command {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

// SIGKILL is sent this long before the lease ends: a process takes a moment to die.
constexpr duration kill_slack = 25ms;

}  // namespace

term_commands::term_commands(command_host& host, term t, duration span)
    : host_(host),
      term_(std::move(t)),
      update_pause_(std::clamp<duration>(span / 10, 10ms, 500ms)),
      update_timer_(host.executor()),
      idle_timer_(host.executor(), time_point::max()) {
  lease_ = lease_times(time_point::min(), time_point::min());  // until read_lease() knows more
  read_lease();
}

std::shared_ptr<term_commands> term_commands::open(command_host& host, term t, duration span) {
  auto made = std::make_shared<term_commands>(host, std::move(t), span);
  asio::co_spawn(host.executor(), made->update_leases(), asio::detached);
  asio::co_spawn(host.executor(), made->watch_term(), asio::detached);
  return made;
}

std::shared_ptr<supervised_command> term_commands::start(invocation what) {
  read_lease();
  if (stopping_) return nullptr;
  auto command = host_.start(what, lease_);
  if (running_.empty()) update_timer_.cancel();  // update_leases() sleeps
  running_.insert(command);
  asio::co_spawn(host_.executor(), forget_when_gone(command), asio::detached);
  return command;
}

asio::awaitable<void> term_commands::forget_when_gone(
    std::shared_ptr<supervised_command> command) {
  const auto self = shared_from_this();
  co_await command->gone();
  forget(command);
}

void term_commands::forget(const std::shared_ptr<supervised_command>& command) {
  running_.erase(command);
  if (running_.empty()) idle_timer_.cancel();
}

asio::awaitable<outcome> term_commands::run(invocation what, std::optional<duration> timeout) {
  const auto self = shared_from_this();
  if (timeout) what.stop_by = boot_clock::now() + *timeout;
  const auto command = start(std::move(what));
  if (!command) co_return outcome(outcome::kind::not_started, ECANCELED);
  const outcome how = co_await command->gone();
  forget(command);
  co_return how;
}

void term_commands::signal(int number) {
  for (const auto& command : running_) command->signal(number);
}

void term_commands::stop() { stop(stop_cause::stop); }

void term_commands::stop(stop_cause why) {
  stopping_ = true;
  for (const auto& command : running_) command->stop(why);
}

void term_commands::kill() {
  stopping_ = true;
  for (const auto& command : running_) command->kill();
}

asio::awaitable<void> term_commands::idle() {
  const auto self = shared_from_this();
  while (!running_.empty()) co_await idle_timer_.async_wait(no_throw);
}

void term_commands::close() {
  closed_ = true;
  update_timer_.cancel();
}

// A term that is over returns time_point::min(). Then the last lease is kept: it is still true,
// because no successor starts before its end, and it leaves the commands their grace.
void term_commands::read_lease() {
  const time_point stop_at = term_.stop_at();
  const time_point valid_until = term_.valid_until();
  if (valid_until == time_point::min() || stop_at == time_point::min()) return;
  lease_ = lease_times(stop_at, std::max(stop_at, valid_until - kill_slack));
}

// Sleeps while no command runs: a program may lead thousands of elections. start() reads the lease
// itself.
asio::awaitable<void> term_commands::update_leases() {
  const auto self = shared_from_this();
  while (!closed_) {
    if (running_.empty()) {
      update_timer_.expires_at(time_point::max());
    } else {
      read_lease();
      for (const auto& command : running_) command->set_lease(lease_);
      update_timer_.expires_after(update_pause_);
    }
    co_await update_timer_.async_wait(no_throw);
  }
}

asio::awaitable<void> term_commands::watch_term() {
  const auto self = shared_from_this();
  co_await term_.stop_requested();
  if (closed_) co_return;
  term_ended_ = true;
  stop(stop_cause::lease);
  if (on_term_end_) on_term_end_();
}

}  // namespace tenure::command
