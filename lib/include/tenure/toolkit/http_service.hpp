// The two ends that a user of the HTTP server implements, a service for requests and a stream for
// long responses, and the server's options.
//
// Part of tenure::toolkit, which this project's programs share with the library: no promise of
// stability between minor versions.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <tenure/log.hpp>
#include <tenure/time.hpp>
#include <tenure/toolkit/http_access.hpp>
#include <tenure/toolkit/http_message.hpp>
#include <tenure/toolkit/ip_range.hpp>
#include <vector>

namespace tenure::wire {

/// What answers the requests of a server, on its thread. Must not throw.
class http_service {
 public:
  virtual ~http_service() = default;
  /// Each request has a unique id. The service calls http_server::respond() with it, inside this
  /// call or later. A body above the limit is left out; then the request has a Content-Length
  /// header, or `Transfer-Encoding: chunked` where the client did not send the length, and the
  /// connection is closed after the response. No other headers are passed on unless the options say
  /// so.
  virtual void on_request(std::uint64_t id, runtime::http_request request) = 0;
  /// The client of an unanswered request disconnected. Its id is no longer valid.
  virtual void on_closed(std::uint64_t id) = 0;
};

/// The body of a response without a known end. The connection owns it and destroys it when it
/// closes; on_closed() is not called.
class http_stream {
 public:
  virtual ~http_stream() = default;
  /// What to send next; null if there is nothing now. Called when the kernel has accepted the piece
  /// before, and on http_server::resume(). So a client that does not read delays no other, and the
  /// stream decides what to skip for it. Must not call the server.
  virtual std::shared_ptr<const std::string> next() = 0;
  /// Called when there is nothing to send: whether the stream has ended.
  virtual bool over() const noexcept { return false; }
};

/// The limits of a server. Plain values.
class http_server_options {
 public:
  std::size_t header_limit = 64 * 1024;  ///< bytes of all headers; more is a 431
  /// Of a request's target; 0: any number that fits into the headers.
  std::size_t target_limit = 0;
  std::size_t body_limit = 512 * 1024;  ///< bytes of a body; more is left out: on_request()
  /// From the connection to the end of the TLS handshake; as Consul's https_handshake_timeout.
  duration handshake_time = std::chrono::seconds(5);
  /// From the connection, or the end of the TLS handshake, to the first byte; from a response to
  /// the first byte of the next request. 0: any time.
  duration first_time = std::chrono::minutes(1);
  /// Between two requests of a connection; 0: any time.
  duration idle_time = std::chrono::minutes(10);
  /// From the first byte of a request to the end of its headers, then to the end of its body.
  duration header_time = std::chrono::seconds(10);
  duration body_time = std::chrono::seconds(60);  ///< the latter
  /// How long a client may take to read a response; one second more for every 64 KiB.
  duration write_time = std::chrono::seconds(30);
  /// How many connections a client address may have, apart from its streams; 0: any number. Unix
  /// sockets have no address and no limit.
  std::size_t connections_per_address = 0;
  /// How many streams a client address may have, unless it is a proxy's; 0: any number.
  std::size_t streams_per_address = 0;
  /// The addresses of proxies, each of which has many clients.
  std::vector<ip_range> proxies;
  /// What happens to a connection above the limit of its address: it gets a 429 and is closed; it
  /// is closed without a response; or it takes the place of that which has waited longest for a
  /// request, and gets a 429 only if none waits. With TLS it gets no response, here and at the
  /// limit below: the handshake would cost more than a request.
  enum class excess : std::uint8_t { answered, closed, displaces };
  excess excess_connection = excess::answered;  ///< what happens to it
  /// How many connections the server may have; 0: any number. A further one takes the place of one
  /// that waits, as above, or it gets a 503 and is closed. Streams leave one place in 32 free.
  std::size_t connections = 16'000;
  /// How many requests a second a client address may send; 0: any number. A
  /// further one gets a 429. Unix sockets have no address and no limit.
  std::size_t requests_per_second = 0;
  /// Pass all headers of a request to the service.
  bool all_headers = false;
  /// How many bytes the kernel buffers for a stream's client that does not read; 0: its default.
  std::size_t stream_buffer = 0;
  /// Who may send requests. A request that may not is refused before its body is read, and closes
  /// its connection.
  http_access access;
  /// For refused requests, and for addresses that other machines reach without a token or TLS;
  /// null: nowhere.
  std::shared_ptr<log_sink> log;
};

}  // namespace tenure::wire
