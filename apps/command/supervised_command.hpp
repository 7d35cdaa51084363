// A command under a guardian, as its runner sees it, and the host that starts such commands. Both
// are interfaces, so that tests can run commands under virtual time.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <memory>
#include <tenure/time.hpp>

#include "command/invocation.hpp"
#include "command/lease_times.hpp"
#include "command/outcome.hpp"

namespace tenure::command {

using lease_timer = boost::asio::basic_waitable_timer<boot_clock>;

/// Lives as long as a shared_ptr refers to it or the command runs.
class supervised_command {
 public:
  virtual ~supervised_command() = default;

  /// Sets how long it may run from now on. After a stop has begun, a later time changes nothing.
  virtual void set_lease(lease_times lease) noexcept = 0;
  /// Sends a signal to its process group.
  virtual void signal(int number) noexcept = 0;
  /// Sends SIGTERM now, as kill_scope says, and SIGKILL to every process after the grace. Later
  /// calls change nothing. `why` becomes the outcome's cause.
  virtual void stop(stop_cause why) noexcept = 0;
  void stop() noexcept { stop(stop_cause::stop); }
  /// Sends SIGKILL to every process now.
  virtual void kill() noexcept = 0;

  /// Completes when the command and everything that must end with it are gone, with how the
  /// command itself ended and why. Any number of waiters.
  virtual boost::asio::awaitable<outcome> gone() = 0;
  virtual bool is_gone() const noexcept = 0;
  /// Its process id; 0 before it has started.
  virtual int pid() const noexcept = 0;
};

/// Starts commands, on the thread of its io_context. It must outlive them.
class command_host {
 public:
  virtual ~command_host() = default;

  /// Starts `what` under a guardian that knows the deadlines of `lease` from its first moment.
  /// Await gone() of the command that it returns. Never blocks, and waits for nothing. Throws
  /// system_error if this process has no resources for it; every other failure is the command's
  /// outcome.
  virtual std::shared_ptr<supervised_command> start(const invocation& what, lease_times lease) = 0;

  virtual const boost::asio::any_io_executor& executor() const noexcept = 0;
};

}  // namespace tenure::command
