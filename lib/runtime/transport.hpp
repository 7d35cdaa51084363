// The seam for the network: one HTTP exchange, a request and its response, with a deadline.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <string>
#include <tenure/error.hpp>
#include <tenure/time.hpp>
#include <tenure/toolkit/http_message.hpp>

namespace tenure::runtime {

/// A class of traffic. Each lane has connections for its traffic alone, so that a request never
/// waits behind requests of another class.
enum class lane : std::uint8_t {
  renewals,  ///< what terms live by: session renewals, heartbeats (TTL checks), proofs
  requests,  ///< all other reads and writes
  polls,     ///< blocking queries
};

/// Without an error there is a response, whatever its status.
class exchange_result {
 public:
  error_code error;
  /// With an error: what it does not say by itself, for people. Often empty.
  std::string detail;
  /// With an error: whether any byte of the request may have reached the server. False means that
  /// nothing happened; true means that the outcome is unknown.
  bool sent = false;
  /// A time before the first byte was sent: leases are counted from here.
  time_point sent_at{};
  http_response response;
};

/// What to do when the server had closed a kept connection, so that a request was sent in vain.
enum class on_stale : std::uint8_t {
  fail,
  resend,  ///< once, on a new connection: only for idempotent requests
};

class transport {
 public:
  virtual ~transport() = default;
  /// Sends the request on a connection of that lane and reads the response, all by `deadline`, the
  /// wait for a free connection included. After it the connection is closed, and the error is
  /// consul_errc::timed_out. A request of which no byte was sent on a stale connection is always
  /// sent again. Errors are returned, never thrown. Cancellation (terminal) closes the connection
  /// and is returned as operation_aborted.
  virtual boost::asio::awaitable<exchange_result> exchange(lane where, http_request request,
                                                           time_point deadline,
                                                           on_stale when_stale) = 0;
};

}  // namespace tenure::runtime
