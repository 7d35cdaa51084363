#include "command/term_commands.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <utility>

namespace tenure::command {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);

// SIGKILL is sent this long before the lease ends: a process takes a moment to die.
constexpr duration kill_slack = 25ms;

}  // namespace

// A running command. Its destructor removes it from the set, however run() ends.
class term_commands::entry {
 public:
  entry(term_commands& all, std::shared_ptr<supervised_command> c, time_point stop)
      : command(std::move(c)), stop_by(stop), all_(all) {
    all_.running_.insert(this);
  }
  entry(const entry&) = delete;
  entry& operator=(const entry&) = delete;
  ~entry() {
    all_.running_.erase(this);
    if (all_.running_.empty()) all_.idle_timer_.cancel();
  }

  static lease_times limited(lease_times lease, time_point latest_stop) {
    return lease_times(std::min(lease.stop_at, latest_stop), lease.kill_at);
  }

  std::shared_ptr<supervised_command> command;
  time_point stop_by;  ///< the end of its timeout

 private:
  term_commands& all_;
};

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

asio::awaitable<outcome> term_commands::run(invocation what, std::optional<duration> timeout) {
  const auto self = shared_from_this();
  read_lease();
  if (stopping_) co_return outcome(outcome::kind::not_started, ECANCELED);
  const time_point stop_by = timeout ? boot_clock::now() + *timeout : time_point::max();
  auto command = host_.start(what, entry::limited(lease_, stop_by));
  const entry listed(*this, command, stop_by);
  outcome how = co_await command->gone();
  co_return how;
}

void term_commands::signal(int number) {
  for (entry* e : running_) e->command->signal(number);
}

void term_commands::stop() {
  stopping_ = true;
  for (entry* e : running_) e->command->stop();
}

void term_commands::kill() {
  stopping_ = true;
  for (entry* e : running_) e->command->kill();
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

asio::awaitable<void> term_commands::update_leases() {
  const auto self = shared_from_this();
  while (!closed_) {
    read_lease();
    for (entry* e : running_) e->command->set_lease(entry::limited(lease_, e->stop_by));
    update_timer_.expires_after(update_pause_);
    co_await update_timer_.async_wait(no_throw);
  }
}

asio::awaitable<void> term_commands::watch_term() {
  const auto self = shared_from_this();
  co_await term_.stop_requested();
  if (closed_) co_return;
  term_ended_ = true;
  stop();
  if (on_term_end_) on_term_end_();
}

}  // namespace tenure::command
