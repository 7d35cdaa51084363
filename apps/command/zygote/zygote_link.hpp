// A zygote, as its runner sees it.
#pragma once

#include <sys/types.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <tenure/log.hpp>

#include "command/descriptor.hpp"
#include "command/guardian/lease_table.hpp"
#include "command/guardian/start_request.hpp"
#include "command/supervised_command.hpp"

namespace tenure::command {

/// Always in a shared_ptr: its tasks and the commands that it started hold it.
class zygote_link : public std::enable_shared_from_this<zygote_link> {
 public:
  /// Starts a zygote, which inherits the memory of `leases`. Throws system_error.
  static std::shared_ptr<zygote_link> open(boost::asio::any_io_executor executor,
                                           const lease_table& leases,
                                           std::shared_ptr<log_sink> log);
  zygote_link(boost::asio::any_io_executor executor, std::shared_ptr<log_sink> log, int socket,
              pid_t pid);

  /// Sends the start of a command, or queues it while the zygote is busy. `control` is the
  /// guardian's end of the socket. Throws system_error if there are no descriptors left.
  void start(const invocation& what, std::uint32_t slot, std::uint32_t id, int control);

  /// Completes when the guardian of a start that died is gone with all that it left. Returns false
  /// if the zygote died as well: then the orphans are children of this process.
  boost::asio::awaitable<bool> settle(std::uint32_t id);

  /// While commands run, the end of the zygote is noticed at once.
  void watch();
  void unwatch();
  /// Whether the zygote lives: looks anew if it is not watched.
  bool works();
  pid_t pid() const noexcept { return pid_; }
  /// Ends a zygote that does not work, as one that was stopped.
  void kill() noexcept;
  /// Lets the zygote end when its commands are gone, and waits for that, but not for long. Nothing
  /// may be started any more.
  void close();

 private:
  class message;

  bool send(const message& m);
  boost::asio::awaitable<void> send_queue();
  boost::asio::awaitable<void> read();
  void on_death();
  boost::asio::awaitable<void> reap();

  boost::asio::any_io_executor executor_;
  std::shared_ptr<log_sink> log_;
  boost::asio::posix::stream_descriptor socket_;  // SOCK_SEQPACKET: a read is a message
  pid_t pid_;
  bool dead_ = false;
  bool reaped_ = false;
  bool closed_ = false;
  bool watched_ = false;
  bool reading_ = false;
  std::deque<message> queue_;
  std::set<std::uint32_t> settled_;
  lease_timer changed_;
};

}  // namespace tenure::command
