// A command under a guardian, as its runner sees it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>
#include <set>
#include <string>
#include <tenure/log.hpp>

#include "command/lease_page.hpp"
#include "command/outcome.hpp"
#include "command/protocol.hpp"

namespace tenure::command {

using lease_timer = boost::asio::basic_waitable_timer<boot_clock>;

class supervised_command;

/// Starts commands. One per process, on the thread of its io_context; it has to outlive them. The
/// process must have no other children, and must call become_guardian_if_told() first in main().
class command_host {
 public:
  command_host(boost::asio::any_io_executor executor, std::shared_ptr<log_sink> log);
  command_host(const command_host&) = delete;
  command_host& operator=(const command_host&) = delete;

  /// Starts `what` under a guardian that knows these times already. Await the command's gone() to
  /// the end. Throws system_error where no guardian can be started; all other failures are the
  /// command's outcome.
  std::shared_ptr<supervised_command> start(const invocation& what, lease_times lease);

  const boost::asio::any_io_executor& executor() const noexcept { return executor_; }

 private:
  friend class supervised_command;

  /// Ends what lost its guardian, and waits until it is gone.
  boost::asio::awaitable<void> end_orphans();

  boost::asio::any_io_executor executor_;
  std::shared_ptr<log_sink> log_;
  std::set<int> guardians_;
};

/// Lives as long as somebody holds it or the command runs.
class supervised_command : public std::enable_shared_from_this<supervised_command> {
 public:
  class spawned;  // of the implementation
  supervised_command(command_host& host, std::unique_ptr<spawned> guardian);
  ~supervised_command();

  /// Until when it may run, from now on. Once it was told to stop, a later time changes nothing.
  void set_lease(lease_times lease) noexcept;
  /// Sends a signal to its process group.
  void signal(int number) noexcept;
  /// SIGTERM to everything now, SIGKILL when the grace is over. Later calls change nothing.
  void stop() noexcept;
  /// SIGKILL to everything now.
  void kill() noexcept;

  /// Completes when the command and everything that it started are gone, with how the command
  /// itself ended. Any number may wait.
  boost::asio::awaitable<outcome> gone();
  bool is_gone() const noexcept { return gone_; }
  /// Its process id; 0 before it has started.
  int pid() const noexcept { return pid_; }

 private:
  friend class command_host;

  boost::asio::awaitable<void> follow();
  boost::asio::awaitable<void> backstop();
  void note(const report& r);
  void send(order::kind what, int number) noexcept;

  command_host& host_;
  std::unique_ptr<spawned> guardian_;
  lease_timer gone_timer_;
  lease_timer backstop_timer_;
  outcome outcome_;
  int pid_ = 0;
  bool told_gone_ = false;
  bool guardian_ended_ = false;
  bool gone_ = false;
};

}  // namespace tenure::command
