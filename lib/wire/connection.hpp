// One connection to the server: a socket, what was read too much, and a watchdog. Private to wire:
// it shows Beast.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <string>

#include "runtime/timers.hpp"
#include "runtime/transport.hpp"
#include "wire/endpoints.hpp"

namespace tenure::wire {

/// How large an answer may be.
class answer_limits {
 public:
  std::uint32_t header = 32 * 1024;
  std::uint64_t body = 64 * 1024 * 1024;
};

/// Deadlines close the socket: whatever is under way ends, and the connection is not used again.
/// Cancellation is the coroutine's; it leaves a connection that is not reusable().
class connection {
 public:
  connection(boost::asio::any_io_executor executor, runtime::timers& timers);
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// asio::error::timed_out after the deadline.
  boost::asio::awaitable<error_code> connect(const endpoint& to, time_point deadline);

  /// One round trip. `result.sent` is only ever set, never cleared: a second attempt does not undo
  /// the first. consul_errc::timed_out after the deadline.
  boost::asio::awaitable<void> exchange(const runtime::http_request& request,
                                        const std::string& host, const answer_limits& limits,
                                        time_point deadline, runtime::round_trip& result);

  /// After an exchange that failed: not one byte of the answer came, and it was no time-out.
  bool closed_unanswered() const noexcept { return closed_unanswered_; }
  /// After an exchange that failed: not one byte of its request was taken by the kernel.
  bool unsent() const noexcept { return unsent_; }
  /// Whether another request may be sent: the server keeps it open and has said nothing unasked.
  bool reusable() noexcept;

 private:
  class deadline_guard;
  class watchdog : public runtime::timer {
   public:
    explicit watchdog(connection& owner);
    connection& owner;
  };

  boost::asio::awaitable<void> send(const runtime::http_request& request, const std::string& host,
                                    runtime::round_trip& result);
  void give_up(runtime::round_trip& result) noexcept;
  void close() noexcept;

  boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol> socket_;
  boost::beast::flat_buffer buffer_;
  runtime::timers& timers_;
  watchdog watchdog_;
  bool timed_out_ = false;
  bool closed_unanswered_ = false;
  bool unsent_ = true;
  bool keep_alive_ = false;
};

}  // namespace tenure::wire
