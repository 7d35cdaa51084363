#include "command/guarded_command.hpp"

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <tenure/toolkit/no_throw.hpp>
#include <utility>

namespace tenure::command {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

// How long a zygote may take to end what a dead guardian left, if the lease is over.
constexpr duration zygote_slack = 500ms;
// How long a guardian may take to carry out an order, beside the grace of the command. A busy
// computer may delay it: a guardian that is killed cannot say any more why the command ended.
constexpr duration order_slack = 5s;

time_point later(time_point from, duration by) noexcept {
  return from > time_point::max() - by ? time_point::max() : from + by;
}

}  // namespace

guarded_command::guarded_command(const asio::any_io_executor& executor, owner& host,
                                 std::shared_ptr<zygote_link> zygote, lease_slot& slot,
                                 std::uint32_t number, std::uint32_t id, int control,
                                 duration grace, time_point start_by)
    : host_(host),
      zygote_(std::move(zygote)),
      slot_(slot),
      number_(number),
      id_(id),
      control_(executor, control),
      grace_(grace),
      start_by_(start_by),
      end_by_(later(start_by, order_slack)),
      gone_timer_(executor, time_point::max()) {}

// The slot of a command that is gone may have the next one already. A guardian sleeps until the
// deadline that it knows: an order wakes it for an earlier one.
void guarded_command::set_lease(lease_times lease) noexcept {
  if (gone_) return;
  const lease_times before = slot_.get();
  slot_.set(lease);
  if (lease.stop_at < before.stop_at || lease.kill_at < before.kill_at)
    send(order::kind::signal, 0);
}

time_point guarded_command::kill_at() const noexcept {
  const time_point kill_at = std::min(slot_.get().kill_at, end_by_);
  return slot_.command.load() == 0 ? std::min(kill_at, start_by_) : kill_at;
}

void guarded_command::end_within(duration limit) noexcept {
  end_by_ = std::min(end_by_, later(later(boot_clock::now(), limit), order_slack));
}

void guarded_command::signal(int number) noexcept { send(order::kind::signal, number); }

void guarded_command::stop(stop_cause why) noexcept {
  send(order::kind::stop, static_cast<int>(why));
  end_within(grace_);
}

void guarded_command::kill() noexcept {
  send(order::kind::kill, 0);
  end_within(duration(0));
}

void guarded_command::send(order::kind what, int number) noexcept {
  order o;
  o.what = what;
  o.number = number;
  ::send(control_.native_handle(), &o, sizeof o, MSG_DONTWAIT | MSG_NOSIGNAL);
}

asio::awaitable<outcome> guarded_command::gone() {
  const auto self = shared_from_this();
  while (!gone_) co_await gone_timer_.async_wait(no_throw);
  co_return outcome_;
}

asio::awaitable<void> guarded_command::follow() {
  const auto self = shared_from_this();
  bool last = false;
  while (!last) {
    report r;
    const auto buffer = asio::buffer(&r, sizeof r);
    const auto [error, size] = co_await control_.async_read_some(buffer, no_throw);
    // A guardian that ended before it had read all orders: the kernel returns the reset first, and
    // then the reports that are still queued.
    if (error == asio::error::connection_reset) continue;
    if (error || size < offsetof(report, problem)) break;
    last = on_report(r);
  }
  if (!last) co_await on_lost_guardian();
  boost::system::error_code ignored;
  control_.close(ignored);
  pid_ = slot_.command.load();
  gone_ = true;
  host_.on_gone(*this);
  gone_timer_.cancel();
}

asio::awaitable<void> guarded_command::on_lost_guardian() {
  lost_at_ = boot_clock::now();
  const int guardian = slot_.guardian.load();
  const bool died = co_await zygote_->settle(id_);
  if (guardian == 0 && !has_ended_) {  // the zygote could not start one, or died before that
    outcome_ = outcome(outcome::kind::not_started, ECHILD);
    outcome_.problem = "the process that starts commands ended";
    co_return;
  }
  host_.log_death_of_guardian(guardian);
  if (!died) co_await host_.end_orphans(slot_);
  if (!has_ended_) outcome_ = outcome(outcome::kind::signalled, SIGKILL);
}

void guarded_command::kill_guardian() noexcept {
  const int pid = guardian();
  if (lost_at_ != time_point::max() && boot_clock::now() - lost_at_ >= zygote_slack) {
    zygote_->kill();
  } else if (pid > 0) {
    ::kill(pid, SIGKILL);
  } else if (pid == 0) {
    zygote_->kill();
  }
}

// Whether it is the last one.
bool guarded_command::on_report(const report& r) {
  if (r.what == report::kind::not_started) {
    outcome_ = outcome(outcome::kind::not_started, r.number);
    outcome_.problem = r.problem;
    return true;
  }
  outcome_ = WIFEXITED(r.number) ? outcome(outcome::kind::exited, WEXITSTATUS(r.number))
                                 : outcome(outcome::kind::signalled, WTERMSIG(r.number));
  outcome_.cause = r.cause;
  outcome_.left_behind = r.left_behind;
  has_ended_ = true;
  return r.what == report::kind::gone;
}

}  // namespace tenure::command
