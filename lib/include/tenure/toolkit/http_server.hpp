// An HTTP/1.1 server for one thread. It accepts connections and passes requests to a service, which
// responds whenever it can, with a whole response or with a stream. Ten thousand connections may
// wait for a response at a time, so a waiting connection is a socket and a small object, without a
// coroutine, a buffer or a parser.
//
// Part of tenure::toolkit, which this project's programs share with the library: no promise of
// stability between minor versions.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <tenure/time.hpp>
#include <tenure/toolkit/http_message.hpp>
#include <tenure/toolkit/http_service.hpp>
#include <tenure/toolkit/server_tls.hpp>
#include <tenure/toolkit/timers.hpp>
#include <vector>

namespace tenure::wire {

/// Why no server can listen on `address`, whatever the machine has: how to write it. Empty:
/// http_server::listen() takes it.
std::string listen_mistake(std::string_view address);

/// One server, on any number of addresses. Not movable. The thread of its executor only.
class http_server {
 public:
  /// `service` and `timers` outlive the server. One thread: the executor's.
  http_server(boost::asio::any_io_executor executor, runtime::timers& timers,
              http_service& service, http_server_options options = {});
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;
  /// Closes everything at once and does not call the service again.
  ~http_server();

  /// `host:port` (port 0: any free one), `[v6]:port` or `unix://path`. Replaces a unix socket on
  /// which no process listens. Returns the port; 0 for a unix socket. Throws
  /// boost::system::system_error, which names the address.
  unsigned short listen(const std::string& address);
  /// The same with TLS. A client that sends a plain request gets a 400, as in Go.
  unsigned short listen(const std::string& address, const server_tls& tls);
  /// The addresses of the unix sockets whose file was removed or replaced since: listen() on one of
  /// them again makes a new file, and closes the old socket, not its connections.
  std::vector<std::string> lost_sockets() const;
  /// Of the first TCP address; 0 if there is none.
  unsigned short port() const noexcept;

  /// Answers a request; drops the response if the client has disconnected. Does not call the
  /// service.
  void respond(std::uint64_t id, runtime::http_response response);

  /// Whether a stream may answer this request, by the limits. A refusal counts as one.
  enum class stream_place : std::uint8_t { free, address_full, server_full };
  /// `id`: that of the request, before its response.
  stream_place find_stream_place(std::uint64_t id);
  /// Answers a HEAD whose GET gets a stream: by its status and headers alone.
  void respond_head(std::uint64_t id, runtime::http_response head);
  /// Answers a request by a stream; `head` has its status and headers. Disconnects a client that
  /// does not read a piece within the write time.
  void respond(std::uint64_t id, runtime::http_response head, std::unique_ptr<http_stream> body);
  /// The stream has something to send again. Does not call the service.
  void resume(std::uint64_t id);

  /// Accepts no more connections or requests. Idle connections close at once, others after their
  /// response, streams when they have nothing to send.
  void stop();
  std::size_t connections() const noexcept;  ///< open ones, streams included
  /// How many connections and requests the limits have refused.
  std::uint64_t refused() const noexcept;

 private:
  class implementation;
  std::shared_ptr<implementation> implementation_;
};

}  // namespace tenure::wire
