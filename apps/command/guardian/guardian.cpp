#include "command/guardian/guardian.hpp"

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>

#include <boost/asio/io_context.hpp>
#include <charconv>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <tenure/time.hpp>
#include <vector>

#include "command/find_program.hpp"
#include "command/guardian/child_setup.hpp"
#include "command/guardian/descendants.hpp"
#include "command/guardian/lease_page.hpp"
#include "command/guardian/protocol.hpp"

namespace tenure::command {
namespace {

using namespace std::chrono_literals;

// One thread that sleeps in poll() and makes a few system calls when it wakes. It must block
// nowhere else, least of all on the runner.
class guardian {
 public:
  guardian(int control, int page, duration grace);
  int run(std::vector<std::string> command);

 private:
  // running -> stopping (SIGTERM was sent) -> killing (SIGKILL until no process is left)
  enum class phase { running, stopping, killing };

  bool start(std::vector<std::string> command);
  void launch(const std::string& program, const std::vector<std::string>& arguments);
  void enforce_deadlines(time_point now);
  void begin_stop(time_point now);
  void signal_all(int number);
  void kill_all();
  bool reap();
  bool leader_has_ended();
  time_point next_deadline() const;
  void sleep_until(time_point when);
  void read_orders();
  void execute(order o);
  void send_report(report::kind what, int number);

  int control_;
  int timer_;
  int signals_;
  lease_page page_;
  duration grace_;
  pid_t leader_ = -1;  // the command, leader of its process group; reaped last to keep its id taken
  bool leader_ended_ = false;
  phase phase_ = phase::running;
  time_point kill_by_ = time_point::max();
  time_point next_kill_ = time_point::min();
  duration kill_pause_ = 1ms;
};

guardian::guardian(int control, int page, duration grace)
    : control_(control),
      timer_(::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK)),
      page_(page),
      grace_(grace) {
  // A signal to the runner's session, terminal or service may reach this process as well. The
  // command gets its own copy; the guardian must stay until the command is gone.
  sigset_t all;
  sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  signals_ = ::signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
  ::fcntl(control_, F_SETFD, FD_CLOEXEC);
  // Every orphan below becomes a child of this process, daemons included.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  ::prctl(PR_SET_NAME, "tenure-guardian");
}

int guardian::run(std::vector<std::string> command) {
  if (timer_ < 0 || signals_ < 0) {
    send_report(report::kind::not_started, errno);
    return EXIT_FAILURE;
  }
  if (!start(std::move(command))) return EXIT_FAILURE;
  for (;;) {
    enforce_deadlines(boot_clock::now());
    if (!reap()) break;
    sleep_until(next_deadline());
    read_orders();
  }
  send_report(report::kind::gone, 0);
  return EXIT_SUCCESS;
}

bool guardian::start(std::vector<std::string> command) {
  int problem = 0;
  const std::string program = find_program(command.front(), problem);
  // If the runner was suspended after its last look at the lease, the lease may be over by now.
  if (problem == 0 && boot_clock::now() >= page_.get().stop_at) problem = ETIME;
  if (problem != 0) {
    send_report(report::kind::not_started, problem);
    return false;
  }
  const std::vector<std::string> arguments(command.begin() + 1, command.end());
  try {
    launch(program, arguments);
  } catch (const boost::system::system_error& e) {
    // The file exists and cannot be run, such as a script whose interpreter is missing.
    const int error = e.code().value();
    send_report(report::kind::not_started, error == 0 || error == ENOENT ? ENOEXEC : error);
    while (::waitpid(-1, nullptr, 0) > 0) {}  // reap the child whose exec failed
    return false;
  }
  send_report(report::kind::started, leader_);
  // Let go of the command's streams: a reader of its output must see the end when it ends.
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int standard = 0; null >= 0 && standard < 3; ++standard) ::dup2(null, standard);
  return true;
}

void guardian::launch(const std::string& program, const std::vector<std::string>& arguments) {
  boost::asio::io_context unused{1};
  in_own_group setup(::getpid());
  try {
    bp::process started(unused.get_executor(), program, arguments, setup);
    leader_ = started.detach().id();
  } catch (const boost::system::system_error& e) {
    if (e.code().value() != ENOEXEC) throw;
    // A script that does not name its interpreter: run it by sh, as execvp does.
    std::vector<std::string> script{program};
    script.insert(script.end(), arguments.begin(), arguments.end());
    bp::process started(unused.get_executor(), "/bin/sh", script, setup);
    leader_ = started.detach().id();
  }
}

void guardian::enforce_deadlines(time_point now) {
  const lease_times lease = page_.get();
  if (phase_ != phase::killing && now >= std::min(lease.kill_at, kill_by_)) phase_ = phase::killing;
  if (phase_ == phase::running && now >= lease.stop_at) begin_stop(now);
  if (phase_ == phase::killing && now >= next_kill_) {
    kill_all();
    next_kill_ = now + kill_pause_;
    kill_pause_ = std::min<duration>(kill_pause_ * 2, 50ms);
  }
}

// After this a longer lease changes nothing.
void guardian::begin_stop(time_point now) {
  if (phase_ != phase::running) return;
  phase_ = phase::stopping;
  kill_by_ = now + grace_;
  signal_all(SIGTERM);
  signal_all(SIGCONT);  // a suspended process handles SIGTERM only after that
}

// Signals the command's group in one call, then the processes that left the group.
void guardian::signal_all(int number) {
  ::kill(-leader_, number);
  for (const pid_t pid : descendants_of(::getpid()))
    if (::getpgid(pid) != leader_) ::kill(pid, number);
}

void guardian::kill_all() {
  ::kill(-leader_, SIGKILL);
  for (const pid_t pid : descendants_of(::getpid())) ::kill(pid, SIGKILL);
}

// Returns whether any process is left. The command itself is reaped last, so that the kernel cannot
// reuse its process id or that of its group.
bool guardian::reap() {
  if (!leader_ended_ && leader_has_ended()) {
    leader_ended_ = true;
    if (phase_ == phase::running) begin_stop(boot_clock::now());  // the processes that it left
  }
  std::size_t others = 0;
  for (const pid_t pid : children_of(::getpid()))
    if (pid != leader_ && ::waitpid(pid, nullptr, WNOHANG) == 0) ++others;
  if (!leader_ended_ || others > 0) return true;
  ::waitpid(leader_, nullptr, WNOHANG);
  for (;;) {  // children_of() may have missed one
    const pid_t reaped = ::waitpid(-1, nullptr, WNOHANG);
    if (reaped == 0) return true;
    if (reaped < 0 && errno != EINTR) return false;
  }
}

bool guardian::leader_has_ended() {
  siginfo_t info = {};
  if (::waitid(P_PID, static_cast<id_t>(leader_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
      info.si_pid != leader_)
    return false;
  // Encoded as waitpid does.
  int status = info.si_status & 0x7f;
  if (info.si_code == CLD_EXITED) status = (info.si_status & 0xff) << 8;
  send_report(report::kind::ended, status);
  return true;
}

time_point guardian::next_deadline() const {
  const lease_times lease = page_.get();
  if (phase_ == phase::killing) return next_kill_;
  const time_point kill_at = std::min(lease.kill_at, kill_by_);
  return phase_ == phase::running ? std::min(lease.stop_at, kill_at) : kill_at;
}

void guardian::sleep_until(time_point when) {
  itimerspec spec = {};
  if (when != time_point::max()) {
    const auto ns = std::max<std::int64_t>(when.time_since_epoch().count(), 1);
    spec.it_value.tv_sec = ns / 1'000'000'000;
    spec.it_value.tv_nsec = ns % 1'000'000'000;
  }
  ::timerfd_settime(timer_, TFD_TIMER_ABSTIME, &spec, nullptr);
  pollfd events[] = {{control_, POLLIN, 0}, {timer_, POLLIN, 0}, {signals_, POLLIN, 0}};
  ::poll(events, std::size(events), -1);
  signalfd_siginfo ignored = {};
  while (::read(signals_, &ignored, sizeof ignored) > 0) {}
}

void guardian::read_orders() {
  while (control_ >= 0) {
    order next;
    const ssize_t got = ::recv(control_, &next, sizeof next, MSG_DONTWAIT);
    if (got == static_cast<ssize_t>(sizeof next)) {
      execute(next);
    } else if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
      return;
    } else {  // the runner is gone
      ::close(control_);
      control_ = -1;
      begin_stop(boot_clock::now());
    }
  }
}

void guardian::execute(order o) {
  switch (o.what) {
    case order::kind::signal:
      ::kill(-leader_, o.number);
      break;
    case order::kind::stop:
      begin_stop(boot_clock::now());
      break;
    case order::kind::kill:
      phase_ = phase::killing;
      break;
  }
}

void guardian::send_report(report::kind what, int number) {
  if (control_ < 0) return;
  report r;
  r.what = what;
  r.number = number;
  ::send(control_, &r, sizeof r, MSG_NOSIGNAL | MSG_DONTWAIT);
}

template <class Number>
std::optional<Number> parse(std::string_view text) {
  Number n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return n;
}

}  // namespace

// PROGRAM __guardian CONTROL PAGE GRACE_NS COMMAND [ARG...]
void run_guardian_if_requested(int argc, char** argv) {
  if (argc < 2 || std::strcmp(argv[1], guardian_argument) != 0) return;
  const std::vector<std::string> arguments(argv + 2, argv + argc);
  if (arguments.size() < 4) ::_exit(64);
  const auto control = parse<int>(arguments[0]);
  const auto page = parse<int>(arguments[1]);
  const auto grace = parse<std::int64_t>(arguments[2]);
  if (!control || !page || !grace) ::_exit(64);
  int code = EXIT_FAILURE;
  try {
    guardian g(*control, *page, duration(*grace));
    code = g.run(std::vector<std::string>(arguments.begin() + 3, arguments.end()));
  } catch (const std::exception&) {  // no memory or bad descriptors: no command was started
  }
  ::_exit(code);
}

}  // namespace tenure::command
