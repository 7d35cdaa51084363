// The transport seam: one HTTP round trip with a deadline.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <string>
#include <tenure/error.hpp>
#include <tenure/time.hpp>
#include <utility>
#include <vector>

namespace tenure::runtime {

/// A request without a wire format. `target` is the path with its query, already escaped.
class http_request {
 public:
  http_request() = default;
  http_request(std::string method, std::string target, std::string body = {})
      : method(std::move(method)), target(std::move(target)), body(std::move(body)) {}

  std::string method = "GET";
  std::string target = "/";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

class http_response {
 public:
  http_response() = default;
  http_response(unsigned status, std::string body) : status(status), body(std::move(body)) {}

  /// The first header of that name, without regard to case; empty where there is none.
  std::string_view header(std::string_view name) const noexcept;

  unsigned status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

/// Traffic of a kind never waits behind traffic of another: each lane has connections of its own.
enum class lane : std::uint8_t { renewals, requests, polls };

/// What became of a round trip. Without an error there is a response, whatever its status.
class round_trip {
 public:
  error_code error;
  /// With an error: whether any byte of the request may have reached the server. False means that
  /// nothing happened; true means that the outcome is unknown.
  bool sent = false;
  /// When the request was handed to the kernel (no earlier): leases are counted from here.
  time_point sent_at{};
  http_response response;
};

class transport {
 public:
  virtual ~transport() = default;
  /// Sends the request on a connection of that lane and reads the response, all by `deadline`
  /// (consul_errc::timed_out after it, and the connection is closed). Waiting for a free
  /// connection counts. `retry_stale`: where a kept connection turns out to have been closed by
  /// the server, send once more on a fresh one (only right for what is idempotent).
  /// Errors are returned, never thrown. Cancellation (terminal) closes the connection and is
  /// returned as operation_aborted.
  virtual boost::asio::awaitable<round_trip> exchange(lane where, http_request request,
                                                      time_point deadline, bool retry_stale) = 0;
};

}  // namespace tenure::runtime
