#include "command/guardian/guardian_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <utility>

#include "command/guardian/account.hpp"
#include "command/guardian/descendants.hpp"
#include "command/guardian/launch.hpp"

namespace tenure::command {

using namespace std::chrono_literals;

guardian_process::guardian_process(lease_slot& slot, const start_header& header, int control,
                                   int signals)
    : slot_(slot),
      control_(control),
      timer_(::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK)),
      signals_(signals),
      grace_(header.grace_ns),
      stop_by_(duration(header.stop_by_ns)),
      scope_(header.scope) {
  slot_.guardian.store(::getpid());
  ::setsid();  // a signal to the session of the runner does not reach it
  // Every orphan below becomes a child of this process, daemons included.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  ::prctl(PR_SET_NAME, "tenure-guardian");
}

void guardian_process::refuse(int error, const std::string& problem) {
  report r;
  r.what = report::kind::not_started;
  r.number = error;
  const std::size_t size = std::min(problem.size(), sizeof r.problem - 1);
  std::memcpy(r.problem, problem.data(), size);
  slot_.guardian.store(lease_slot::ended);
  ::send(control_, &r, sizeof r, MSG_NOSIGNAL | MSG_DONTWAIT);
}

guardian_exit guardian_process::run(start_request request, const int (&streams)[3]) {
  if (timer_ < 0) {
    refuse(errno, {});
    return exit_all_gone;
  }
  const bool started = start(request, streams);
  // A reader of the command's output must see the end when the command ends.
  for (const int stream : streams) ::close(stream);
  if (!started) return exit_all_gone;
  for (;;) {
    enforce_deadlines(boot_clock::now());
    const bool look = std::exchange(children_changed_, false) || phase_ != phase::running;
    if (look && !reap()) break;
    if (!children_changed_) sleep_until(next_deadline());
    read_orders();
  }
  // From here on the kernel may give the id to another process.
  slot_.guardian.store(lease_slot::ended);
  send_report(report::kind::gone);
  return left_children_ ? exit_left_children : exit_all_gone;
}

bool guardian_process::start(start_request& request, const int (&streams)[3]) {
  account who;
  std::vector<std::string> texts;
  const std::string problem = find_account(request, who, texts);
  if (!problem.empty()) {
    refuse(EINVAL, problem);
    return false;
  }
  if (!may_signal(who)) {
    refuse(EPERM, "user '" + std::string(request.user) + "': needs CAP_KILL to be stopped");
    return false;
  }
  launch_plan plan(request, who, slot_);
  std::copy(std::begin(streams), std::end(streams), std::begin(plan.streams));
  const launch_result started = launch(plan);
  if (started.pid < 0) {
    refuse(started.error, started.problem);
    return false;
  }
  leader_ = started.pid;
  slot_.command.store(leader_);
  return true;
}

void guardian_process::enforce_deadlines(time_point now) {
  const lease_times lease = slot_.get();
  if (phase_ != phase::killing && now >= std::min(lease.kill_at, kill_by_)) {
    note_cause(cause_of_deadline(lease));
    phase_ = phase::killing;
  }
  if (phase_ == phase::running && now >= std::min(lease.stop_at, stop_by_))
    begin_stop(now, cause_of_deadline(lease));
  if (phase_ == phase::killing && now >= next_kill_) {
    kill_all();
    next_kill_ = now + kill_pause_;
    kill_pause_ = std::min<duration>(kill_pause_ * 2, 50ms);
  }
}

stop_cause guardian_process::cause_of_deadline(lease_times lease) const {
  return stop_by_ < std::min(lease.stop_at, lease.kill_at) ? stop_cause::timeout
                                                           : stop_cause::lease;
}

void guardian_process::note_cause(stop_cause why) {
  if (!leader_ended_ && cause_ == stop_cause::none) cause_ = why;
}

// After this a longer lease changes nothing.
void guardian_process::begin_stop(time_point now, stop_cause why) {
  if (phase_ != phase::running) return;
  note_cause(why);
  phase_ = phase::stopping;
  kill_by_ = now + grace_;
  signal_as_scoped(SIGTERM);
  signal_as_scoped(SIGCONT);  // a suspended process handles SIGTERM only after that
}

void guardian_process::signal_as_scoped(int number) {
  if (scope_ == kill_scope::tree) signal_all(number);
  if (scope_ == kill_scope::group) ::kill(-leader_, number);
  if (scope_ == kill_scope::process) ::kill(leader_, number);
}

// Signals the command's group in one call, then the processes that left the group.
void guardian_process::signal_all(int number) {
  ::kill(-leader_, number);
  for (const pid_t pid : descendants_of(::getpid()))
    if (::getpgid(pid) != leader_) ::kill(pid, number);
}

void guardian_process::kill_all() {
  ::kill(-leader_, SIGKILL);
  // The scope of a command that ended by itself leaves others alone.
  if (leader_ended_ && cause_ == stop_cause::none && scope_ != kill_scope::tree) return;
  for (const pid_t pid : descendants_of(::getpid())) ::kill(pid, SIGKILL);
}

// Returns whether any process must still end. The command itself is reaped last, so that the kernel
// cannot reuse its process id or that of its group.
bool guardian_process::reap() {
  const bool ends_now = !leader_ended_ && command_has_ended();
  leader_ended_ = leader_ended_ || ends_now;
  const std::vector<pid_t> children = children_of(::getpid());
  if (ends_now && children.size() > 1) count_what_it_left();
  std::size_t others = 0;
  for (const pid_t pid : children)
    if (pid != leader_ && ::waitpid(pid, nullptr, WNOHANG) == 0) ++others;
  if (!leader_ended_) return true;
  left_behind_ = std::max(left_behind_, static_cast<int>(others));
  if (others > 0 && !others_may_stay(children)) {
    if (!std::exchange(ends_others_, true)) end_what_it_left(boot_clock::now());
    return true;
  }
  ::waitpid(leader_, nullptr, WNOHANG);
  if (others > 0) {
    left_children_ = true;
    return false;
  }
  for (;;) {  // children_of() may have missed one
    const pid_t reaped = ::waitpid(-1, nullptr, WNOHANG);
    if (reaped == 0) {
      children_changed_ = true;
      return true;
    }
    if (reaped < 0 && errno != EINTR) return false;
  }
}

void guardian_process::count_what_it_left() {
  for (const pid_t pid : descendants_of(::getpid()))
    if (pid != leader_ && is_running(pid)) ++left_behind_;
}

void guardian_process::end_what_it_left(time_point now) {
  send_report(report::kind::ended);
  if (cause_ != stop_cause::none) {
    // It was stopped: now all that a narrower scope has spared so far.
    if (scope_ != kill_scope::tree) signal_all(SIGTERM);
    return;
  }
  if (scope_ != kill_scope::process) begin_stop(now, stop_cause::none);
}

// After its normal end the scope decides; after a stop nothing may stay.
bool guardian_process::others_may_stay(const std::vector<pid_t>& children) const {
  if (cause_ != stop_cause::none || scope_ == kill_scope::tree) return false;
  if (scope_ == kill_scope::process) return true;
  const auto in_group = [this](pid_t pid) {
    return pid != leader_ && ::getpgid(pid) == leader_ && is_running(pid);
  };
  if (std::any_of(children.begin(), children.end(), in_group)) return false;
  const std::vector<pid_t> all = descendants_of(::getpid());
  return std::none_of(all.begin(), all.end(), in_group);
}

bool guardian_process::command_has_ended() {
  siginfo_t info = {};
  if (::waitid(P_PID, static_cast<id_t>(leader_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
      info.si_pid != leader_)
    return false;
  // Encoded as waitpid does.
  status_ = info.si_status & 0x7f;
  if (info.si_code == CLD_EXITED) status_ = (info.si_status & 0xff) << 8;
  return true;
}

time_point guardian_process::next_deadline() const {
  const lease_times lease = slot_.get();
  if (phase_ == phase::killing) return next_kill_;
  const time_point kill_at = std::min(lease.kill_at, kill_by_);
  return phase_ == phase::running ? std::min({lease.stop_at, stop_by_, kill_at}) : kill_at;
}

void guardian_process::sleep_until(time_point when) {
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
  while (::read(signals_, &ignored, sizeof ignored) > 0) children_changed_ = true;
}

void guardian_process::read_orders() {
  while (control_ >= 0) {
    order next;
    const ssize_t got = ::recv(control_, &next, sizeof next, MSG_DONTWAIT);
    if (got == static_cast<ssize_t>(sizeof next)) {
      execute(next);
    } else if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
      return;
    } else {  // the runner is gone
      ::close(std::exchange(control_, -1));
      begin_stop(boot_clock::now(), stop_cause::stop);
    }
  }
}

void guardian_process::execute(order o) {
  switch (o.what) {
    case order::kind::signal:
      ::kill(scope_ == kill_scope::process ? leader_ : -leader_, o.number);
      break;
    case order::kind::stop:
      begin_stop(boot_clock::now(), static_cast<stop_cause>(o.number));
      break;
    case order::kind::kill:
      note_cause(stop_cause::kill);
      phase_ = phase::killing;
      break;
  }
}

void guardian_process::send_report(report::kind what) {
  if (control_ < 0) return;
  report r;
  r.what = what;
  r.number = status_;
  r.cause = cause_;
  r.left_behind = cause_ == stop_cause::none ? left_behind_ : 0;
  ::send(control_, &r, offsetof(report, problem), MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace tenure::command
