// One connection to the server: a stream, its read buffer and a watchdog. Private to wire, because
// it includes Beast.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <memory>
#include <string>
#include <tenure/toolkit/timers.hpp>

#include "runtime/transport.hpp"
#include "wire/endpoints.hpp"
#include "wire/stream.hpp"
#include "wire/tls_client.hpp"

namespace tenure::wire {

/// How large a response may be, in bytes.
class response_limits {
 public:
  std::uint32_t header = 32 * 1024;
  std::uint64_t body = 64 * 1024 * 1024;
};

/// A deadline that passes closes the socket: the operation in progress fails, and the connection
/// cannot be used again. So does a cancellation. The operations of Beast and TLS would not do: each
/// consists of several reads, and one that is cancelled while a part of the response waits in the
/// queue of the event loop would begin the next read.
class connection {
 public:
  connection(boost::asio::any_io_executor executor, runtime::timers& timers);
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// Connects and, with a profile, makes the TLS handshake. asio::error::timed_out after the
  /// deadline; consul_errc::tls_failed where another handshake would fail as well. `detail` is set
  /// where there is more to say than the error does.
  boost::asio::awaitable<error_code> connect(const endpoint& to,
                                             std::shared_ptr<tls_profile> profile,
                                             time_point deadline, std::string& detail);

  /// Sends a request and reads its response. Sets `result.sent`, but never clears it: a second
  /// attempt does not undo the first. consul_errc::timed_out after the deadline;
  /// consul_errc::tls_failed, and nothing was sent, if the server rejects the client's certificate.
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
  /// Null: the connection does not speak TLS.
  const std::shared_ptr<tls_profile>& profile() const noexcept { return profile_; }

 private:
  class deadline_guard;
  class cancellation_guard;
  class watchdog : public runtime::timer {
   public:
    explicit watchdog(connection& owner);
    connection& owner;
  };

  boost::asio::awaitable<void> send(const runtime::http_request& request, const std::string& host,
                                    runtime::exchange_result& result,
                                    cancellation_guard& cancellable);
  boost::asio::awaitable<error_code> handshake(std::string& detail,
                                               cancellation_guard& cancellable);
  void give_up(runtime::exchange_result& result, bool sent_before);

  std::shared_ptr<tls_profile> profile_;
  stream stream_;
  boost::beast::flat_buffer buffer_;
  runtime::timers& timers_;
  watchdog watchdog_;
  bool timed_out_ = false;
  bool cancelled_ = false;
  bool closed_unanswered_ = false;
  bool unsent_ = true;
  bool keep_alive_ = false;
  bool answered_ = false;  ///< since the handshake, the server has sent a response
};

}  // namespace tenure::wire
