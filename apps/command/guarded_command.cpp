#include "command/guarded_command.hpp"

#include <sys/socket.h>
#include <sys/wait.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace tenure::command {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);

// How late a guardian may be after a deadline before its runner acts in its place.
constexpr duration guardian_slack = 250ms;

}  // namespace

guarded_command::guarded_command(const asio::any_io_executor& executor, guardian_set& guardians,
                                 std::unique_ptr<guardian_process> guardian)
    : guardians_(guardians),
      guardian_(std::move(guardian)),
      gone_timer_(executor, time_point::max()),
      enforce_timer_(executor) {}

void guarded_command::set_lease(lease_times lease) noexcept { guardian_->page.set(lease); }

void guarded_command::signal(int number) noexcept { send(order::kind::signal, number); }

void guarded_command::stop() noexcept { send(order::kind::stop, 0); }

void guarded_command::kill() noexcept { send(order::kind::kill, 0); }

void guarded_command::send(order::kind what, int number) noexcept {
  order o;
  o.what = what;
  o.number = number;
  ::send(guardian_->control.native_handle(), &o, sizeof o, MSG_DONTWAIT | MSG_NOSIGNAL);
}

asio::awaitable<outcome> guarded_command::gone() {
  const auto self = shared_from_this();
  while (!gone_) co_await gone_timer_.async_wait(no_throw);
  co_return outcome_;
}

asio::awaitable<void> guarded_command::follow() {
  const auto self = shared_from_this();
  for (;;) {
    report r;
    const auto buffer = asio::buffer(&r, sizeof r);
    const auto [error, size] = co_await guardian_->control.async_read_some(buffer, no_throw);
    if (error || size != sizeof r) break;
    on_report(r);
  }
  co_await guardian_->process.async_wait(no_throw);
  guardian_ended_ = true;
  const int guardian_pid = guardian_->process.id();
  guardians_.remove(guardian_pid);
  if (!reported_gone_) {
    co_await guardians_.end_orphans_of(guardian_pid);
    if (outcome_.what == outcome::kind::not_started && outcome_.number == 0)
      outcome_ = outcome(outcome::kind::signalled, SIGKILL);
  }
  gone_ = true;
  gone_timer_.cancel();
  enforce_timer_.cancel();
}

// A stopped guardian misses its deadline. Its death makes follow() kill the command.
asio::awaitable<void> guarded_command::enforce_lease() {
  const auto self = shared_from_this();
  while (!guardian_ended_) {
    const time_point kill_at = guardian_->page.get().kill_at;
    if (kill_at != time_point::max() && boot_clock::now() >= kill_at + guardian_slack) {
      ::kill(guardian_->process.id(), SIGKILL);
      co_return;
    }
    // The deadline may move in both directions during the wait, so look once a second at least.
    const time_point soon = boot_clock::now() + 1s;
    enforce_timer_.expires_at(kill_at < soon ? kill_at + guardian_slack : soon);
    co_await enforce_timer_.async_wait(no_throw);
  }
}

void guarded_command::on_report(const report& r) {
  switch (r.what) {
    case report::kind::started:
      pid_ = r.number;
      break;
    case report::kind::not_started:
      outcome_ = outcome(outcome::kind::not_started, r.number);
      reported_gone_ = true;
      break;
    case report::kind::ended:
      outcome_ = WIFEXITED(r.number) ? outcome(outcome::kind::exited, WEXITSTATUS(r.number))
                                     : outcome(outcome::kind::signalled, WTERMSIG(r.number));
      break;
    case report::kind::gone:
      reported_gone_ = true;
      break;
  }
}

}  // namespace tenure::command
