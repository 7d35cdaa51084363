#include "command/process_host.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <tenure/toolkit/no_throw.hpp>
#include <utility>

#include "command/descriptor.hpp"
#include "command/descriptor_limit.hpp"
#include "command/guardian/descendants.hpp"

namespace tenure::command {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

// How late a guardian may be after a deadline before its runner acts in its place.
constexpr duration guardian_slack = 250ms;
constexpr duration enforcing_pause = 500ms;
constexpr int rounds_before_warning = 1000;  // of 5 ms each

}  // namespace

process_host::process_host(asio::any_io_executor executor, std::shared_ptr<log_sink> log)
    : executor_(std::move(executor)), log_(std::move(log)), enforce_timer_(executor_) {
  raise_descriptor_limit();  // each running command needs some
}

process_host::~process_host() {
  if (zygote_) zygote_->close();
}

void process_host::prepare() {
  if (zygote_ && zygote_->works()) return;
  zygotes_died_ = zygote_ != nullptr;
  if (!leases_) {
    // If the zygote dies, the guardians become children of this process, not of init.
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    leases_ = std::make_unique<lease_table>();
  }
  zygote_ = zygote_link::open(executor_, *leases_, log_);
}

std::shared_ptr<supervised_command> process_host::start(const invocation& what,
                                                        lease_times lease) {
  prepare();
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    throw boost::system::system_error(errno, boost::system::system_category(), "socketpair");
  descriptor ours(ends[0]);
  const descriptor theirs(ends[1]);
  const std::uint32_t number = leases_->take();
  lease_slot& slot = (*leases_)[number];
  slot.set(lease);
  const std::uint32_t id = ++last_id_;
  try {
    zygote_->start(what, number, id, theirs.get());
  } catch (const boost::system::system_error&) {
    leases_->give_back(number);
    throw;
  }
  // A zygote or a guardian that was stopped starts nothing: the time-out ends that, too.
  const bool may_wait = what.stop_by > time_point::max() - what.grace;
  const time_point start_by = may_wait ? time_point::max() : what.stop_by + what.grace;
  guarded_command::owner& self = *this;
  auto command = std::make_shared<guarded_command>(executor_, self, zygote_, slot, number, id,
                                                   ours.release(), what.grace, start_by);
  running_.insert(command.get());
  zygote_->watch();
  asio::co_spawn(executor_, command->follow(), asio::detached);
  if (!std::exchange(enforcing_, true))
    asio::co_spawn(executor_, enforce_leases(), asio::detached);
  return command;
}

void process_host::on_gone(guarded_command& command) {
  running_.erase(&command);
  leases_->give_back(command.slot_number());
  if (!running_.empty()) return;
  // Without commands this object keeps no io_context busy.
  zygote_->unwatch();
  enforce_timer_.cancel();
}

// A guardian that was stopped misses its deadline, and a zygote that was stopped starts none.
asio::awaitable<void> process_host::enforce_leases() {
  while (!running_.empty()) {
    const time_point now = boot_clock::now();
    time_point next = now + enforcing_pause;  // the deadlines may move in both directions
    for (guarded_command* const command : running_) {
      const time_point kill_at = command->kill_at();
      if (kill_at == time_point::max()) continue;
      if (now >= kill_at + guardian_slack) {
        command->kill_guardian();
      } else {
        next = std::min(next, kill_at + guardian_slack);
      }
    }
    if (zygotes_died_) reap_adopted();
    enforce_timer_.expires_at(next);
    co_await enforce_timer_.async_wait(no_throw);
  }
  enforcing_ = false;
}

// Other children of this process are in its session. Zygotes, guardians, and what they start, are
// not.
bool process_host::is_foreign(int pid) { return ::getsid(pid) == ::getsid(0); }

bool process_host::is_orphan(int pid) const {
  if (is_foreign(pid) || (zygote_ && pid == zygote_->pid())) return false;
  for (const guarded_command* command : running_)
    if (command->guardian() == pid) return false;
  return true;
}

// Guardians whose zygote died, and whose command is gone.
void process_host::reap_adopted() const {
  for (const pid_t child : children_of(::getpid()))
    if (is_orphan(child)) ::waitpid(child, nullptr, WNOHANG);
}

void process_host::log_death_of_guardian(int pid) {
  if (pid > 0) {
    log_->log(log_level::error, "guardian died, killing its command",
              {log_field("guardian", pid)});
  } else {
    log_->log(log_level::error, "guardian died, killing its command");
  }
}

// For the guardians whose zygote has died, too. A guardian hands its children over just before it
// becomes a zombie, but its socket closes before that.
asio::awaitable<void> process_host::end_orphans(lease_slot& slot) {
  lease_timer pause(executor_);
  const int guardian = slot.guardian.load();
  while (guardian > 0 && ::waitpid(guardian, nullptr, WNOHANG) == 0) {
    pause.expires_after(5ms);
    co_await pause.async_wait(asio::use_awaitable);
  }
  slot.guardian.store(lease_slot::ended);  // another process may get the id now
  for (int round = 0;; ++round) {
    bool any_left = false;
    for (const pid_t child : children_of(::getpid())) {
      if (!is_orphan(child)) continue;
      any_left = true;  // even if it is gone now: its children came after the list was made
      for (const pid_t below : descendants_of(child)) ::kill(below, SIGKILL);
      ::kill(child, SIGKILL);
      ::waitpid(child, nullptr, WNOHANG);
    }
    if (!any_left) co_return;
    if (round == rounds_before_warning) log_->log(log_level::warn, "orphans survive SIGKILL");
    pause.expires_after(5ms);
    co_await pause.async_wait(asio::use_awaitable);
  }
}

}  // namespace tenure::command
