// One connection to the server: a socket, its read buffer and a watchdog. Private to wire, because
// it includes Beast.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <string>
#include <tenure/toolkit/timers.hpp>

#include "runtime/transport.hpp"
#include "wire/endpoints.hpp"

namespace tenure::wire {

/// How large a response may be, in bytes.
class response_limits {
 public:
  std::uint32_t header = 32 * 1024;
  std::uint64_t body = 64 * 1024 * 1024;
};

/// A deadline that passes closes the socket: the operation in progress fails, and the connection
/// cannot be used again. Coroutines are cancelled as usual; that also leaves a connection that is
/// not reusable().
class connection {
 public:
  connection(boost::asio::any_io_executor executor, runtime::timers& timers);
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// asio::error::timed_out after the deadline.
  boost::asio::awaitable<error_code> connect(const endpoint& to, time_point deadline);

  /// Sends a request and reads its response. Sets `result.sent`, but never clears it: a second
  /// attempt does not undo the first. consul_errc::timed_out after the deadline.
  boost::asio::awaitable<void> exchange(const runtime::http_request& request,
                                        const std::string& host, const response_limits& limits,
                                        time_point deadline, runtime::exchange_result& result);

  /// After a failed exchange: the server closed the connection without a byte of a response.
  bool closed_unanswered() const noexcept { return closed_unanswered_; }
  /// After a failed exchange: the kernel accepted no byte of the request.
  bool unsent() const noexcept { return unsent_; }
  /// Whether another request may be sent: the server keeps the connection open and has sent nothing
  /// unsolicited.
  bool reusable() noexcept;

 private:
  class deadline_guard;
  class watchdog : public runtime::timer {
   public:
    explicit watchdog(connection& owner);
    connection& owner;
  };

  boost::asio::awaitable<void> send(const runtime::http_request& request, const std::string& host,
                                    runtime::exchange_result& result);
  void give_up(runtime::exchange_result& result) noexcept;
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
