// A command that runs under a guardian process: the runner's side of it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>

#include "command/guardian/child_setup.hpp"
#include "command/guardian/lease_page.hpp"
#include "command/guardian/protocol.hpp"
#include "command/guardian_set.hpp"
#include "command/supervised_command.hpp"

namespace tenure::command {

/// A guardian, and what it shares with its runner.
class guardian_process {
 public:
  explicit guardian_process(const boost::asio::any_io_executor& executor)
      : control(executor), process(executor) {}

  lease_page page;
  boost::asio::posix::stream_descriptor control;  // a SOCK_SEQPACKET socket: a read is a message
  bp::process process;
};

/// What process_host starts. Always in a shared_ptr: its tasks hold it too.
class guarded_command final : public supervised_command,
                              public std::enable_shared_from_this<guarded_command> {
 public:
  /// `guardians` must outlive it.
  guarded_command(const boost::asio::any_io_executor& executor, guardian_set& guardians,
                  std::unique_ptr<guardian_process> guardian);

  void set_lease(lease_times lease) noexcept override;
  void signal(int number) noexcept override;
  void stop() noexcept override;
  void kill() noexcept override;
  boost::asio::awaitable<outcome> gone() override;
  bool is_gone() const noexcept override { return gone_; }
  int pid() const noexcept override { return pid_; }

  /// Two tasks that its host spawns. follow() reads the guardian's reports until the guardian and
  /// the command are gone; enforce_lease() acts in the place of a guardian that was stopped.
  boost::asio::awaitable<void> follow();
  boost::asio::awaitable<void> enforce_lease();

 private:
  void on_report(const report& r);
  void send(order::kind what, int number) noexcept;

  guardian_set& guardians_;
  std::unique_ptr<guardian_process> guardian_;
  lease_timer gone_timer_;
  lease_timer enforce_timer_;
  outcome outcome_;
  int pid_ = 0;
  bool reported_gone_ = false;
  bool guardian_ended_ = false;
  bool gone_ = false;
};

}  // namespace tenure::command
