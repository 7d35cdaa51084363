#include "command/supervised_command.hpp"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <string>
#include <utility>
#include <vector>

#include "command/descendants.hpp"
#include "command/launch.hpp"
#include "command/protocol.hpp"

namespace tenure::command {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);

// How long after the deadline a guardian may take before its runner acts in its place.
constexpr duration guardian_slack = 250ms;

class descriptor {
 public:
  explicit descriptor(int fd) : fd_(fd) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const noexcept { return fd_; }
  int release() noexcept { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

}  // namespace

/// What process_host starts.
class guarded_command final : public supervised_command,
                              public std::enable_shared_from_this<guarded_command> {
 public:
  /// A guardian, and what it shares with us.
  class spawned {
   public:
    explicit spawned(const asio::any_io_executor& executor)
        : control(executor), process(executor) {}

    lease_page page;
    asio::posix::stream_descriptor control;  // a SOCK_SEQPACKET socket: a read is a message
    bp::process process;
  };

  guarded_command(process_host& host, std::unique_ptr<spawned> guardian);

  void set_lease(lease_times lease) noexcept override;
  void signal(int number) noexcept override;
  void stop() noexcept override;
  void kill() noexcept override;
  asio::awaitable<outcome> gone() override;
  bool is_gone() const noexcept override { return gone_; }
  int pid() const noexcept override { return pid_; }

  asio::awaitable<void> follow();
  asio::awaitable<void> backstop();

 private:
  void note(const report& r);
  void send(order::kind what, int number) noexcept;

  process_host& host_;
  std::unique_ptr<spawned> guardian_;
  lease_timer gone_timer_;
  lease_timer backstop_timer_;
  outcome outcome_;
  int pid_ = 0;
  bool told_gone_ = false;
  bool guardian_ended_ = false;
  bool gone_ = false;
};

process_host::process_host(asio::any_io_executor executor, std::shared_ptr<log_sink> log)
    : executor_(std::move(executor)), log_(std::move(log)) {
  // A guardian that dies leaves its orphans to us, not to init.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
}

std::shared_ptr<supervised_command> process_host::start(const invocation& what,
                                                        lease_times lease) {
  auto made = std::make_unique<guarded_command::spawned>(executor_);
  made->page.set(lease);
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    throw boost::system::system_error(last_error(), "socketpair");
  made->control.assign(ends[0]);
  const descriptor theirs(ends[1]);

  std::vector<std::string> arguments{guardian_argument, std::to_string(theirs.get()),
                                     std::to_string(made->page.descriptor()),
                                     std::to_string(what.grace.count())};
  arguments.insert(arguments.end(), what.argv.begin(), what.argv.end());
  const std::string folder = what.directory.empty() ? "." : what.directory;
  made->process = bp::process(
      executor_, "/proc/self/exe", arguments, bp::process_start_dir(folder),
      bp::process_stdio{{what.input}, {what.output}, {what.error}},
      bp::process_environment(what.environment),
      in_own_session(theirs.get(), made->page.descriptor()));
  guardians_.insert(made->process.id());

  auto command = std::make_shared<guarded_command>(*this, std::move(made));
  asio::co_spawn(executor_, command->follow(), asio::detached);
  asio::co_spawn(executor_, command->backstop(), asio::detached);
  return command;
}

asio::awaitable<void> process_host::end_orphans() {
  lease_timer pause(executor_);
  for (int round = 0;; ++round) {
    bool any = false;
    for (const pid_t pid : children_of(::getpid())) {
      if (guardians_.count(pid) != 0) continue;
      for (const pid_t below : descendants_of(pid)) ::kill(below, SIGKILL);
      ::kill(pid, SIGKILL);
      if (::waitpid(pid, nullptr, WNOHANG) == 0) any = true;
    }
    if (!any) co_return;
    if (round == 1000)
      log_->log(log_level::warn, "processes that lost their guardian do not end");
    pause.expires_after(5ms);
    co_await pause.async_wait(asio::use_awaitable);
  }
}

guarded_command::guarded_command(process_host& host, std::unique_ptr<spawned> guardian)
    : host_(host),
      guardian_(std::move(guardian)),
      gone_timer_(host.executor_, time_point::max()),
      backstop_timer_(host.executor_) {}

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
    const auto place = asio::buffer(&r, sizeof r);
    const auto [error, size] = co_await guardian_->control.async_read_some(place, no_throw);
    if (error || size != sizeof r) break;
    note(r);
  }
  co_await guardian_->process.async_wait(no_throw);
  guardian_ended_ = true;
  host_.guardians_.erase(guardian_->process.id());
  if (!told_gone_) {
    host_.log_->log(log_level::error, "a guardian was ended; ending its command",
                    {log_field("guardian", static_cast<std::uint64_t>(guardian_->process.id()))});
    co_await host_.end_orphans();
    if (outcome_.what == outcome::kind::not_started && outcome_.number == 0)
      outcome_ = outcome(outcome::kind::signalled, SIGKILL);
  }
  gone_ = true;
  gone_timer_.cancel();
  backstop_timer_.cancel();
}

// For a guardian that was stopped: when the lease is over it is ended, and then its command.
asio::awaitable<void> guarded_command::backstop() {
  const auto self = shared_from_this();
  while (!guardian_ended_) {
    const time_point kill_at = guardian_->page.get().kill_at;
    if (kill_at != time_point::max() && boot_clock::now() >= kill_at + guardian_slack) {
      ::kill(guardian_->process.id(), SIGKILL);
      co_return;
    }
    // It may have moved by the time we wake, in both directions.
    const time_point soon = boot_clock::now() + 1s;
    backstop_timer_.expires_at(kill_at < soon ? kill_at + guardian_slack : soon);
    co_await backstop_timer_.async_wait(no_throw);
  }
}

void guarded_command::note(const report& r) {
  switch (r.what) {
    case report::kind::started:
      pid_ = r.number;
      break;
    case report::kind::not_started:
      outcome_ = outcome(outcome::kind::not_started, r.number);
      told_gone_ = true;
      break;
    case report::kind::ended:
      outcome_ = WIFEXITED(r.number) ? outcome(outcome::kind::exited, WEXITSTATUS(r.number))
                                     : outcome(outcome::kind::signalled, WTERMSIG(r.number));
      break;
    case report::kind::gone:
      told_gone_ = true;
      break;
  }
}

}  // namespace tenure::command
