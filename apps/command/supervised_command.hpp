// A command under a guardian, as its runner sees it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <memory>
#include <set>
#include <tenure/log.hpp>

#include "command/lease_page.hpp"
#include "command/outcome.hpp"

namespace tenure::command {

using lease_timer = boost::asio::basic_waitable_timer<boot_clock>;

/// Lives as long as somebody holds it or the command runs.
class supervised_command {
 public:
  virtual ~supervised_command() = default;

  /// Until when it may run, from now on. Once it was told to stop, a later time changes nothing.
  virtual void set_lease(lease_times lease) noexcept = 0;
  /// Sends a signal to its process group.
  virtual void signal(int number) noexcept = 0;
  /// SIGTERM to everything now, SIGKILL when the grace is over. Later calls change nothing.
  virtual void stop() noexcept = 0;
  /// SIGKILL to everything now.
  virtual void kill() noexcept = 0;

  /// Completes when the command and everything that it started are gone, with how the command
  /// itself ended. Any number may wait.
  virtual boost::asio::awaitable<outcome> gone() = 0;
  virtual bool is_gone() const noexcept = 0;
  /// Its process id; 0 before it has started.
  virtual int pid() const noexcept = 0;
};

/// Starts commands, on the thread of its io_context; it has to outlive them.
class command_host {
 public:
  virtual ~command_host() = default;

  /// Starts `what` under a guardian that knows these times already. Await the command's gone() to
  /// the end. Throws system_error where no guardian can be started; all other failures are the
  /// command's outcome.
  virtual std::shared_ptr<supervised_command> start(const invocation& what, lease_times lease) = 0;

  virtual const boost::asio::any_io_executor& executor() const noexcept = 0;
};

/// The one of a process, which must have no other children, and must call
/// become_guardian_if_told() first in main().
class process_host final : public command_host {
 public:
  process_host(boost::asio::any_io_executor executor, std::shared_ptr<log_sink> log);
  process_host(const process_host&) = delete;
  process_host& operator=(const process_host&) = delete;

  std::shared_ptr<supervised_command> start(const invocation& what, lease_times lease) override;
  const boost::asio::any_io_executor& executor() const noexcept override { return executor_; }

 private:
  friend class guarded_command;

  /// Ends what lost its guardian, and waits until it is gone.
  boost::asio::awaitable<void> end_orphans();

  boost::asio::any_io_executor executor_;
  std::shared_ptr<log_sink> log_;
  std::set<int> guardians_;
};

}  // namespace tenure::command
