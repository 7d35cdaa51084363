// An HTTP/1.1 server for one thread: connections in, requests out to a service, answers back
// whenever the service has them, whole or as streams. Ten thousand connections may wait for their
// answer at a time, so a connection that waits is a socket and a small record: no coroutine, no
// buffer, no parser.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <tenure/time.hpp>

#include "runtime/timers.hpp"
#include "runtime/transport.hpp"

namespace tenure::wire {

class http_service {
 public:
  virtual ~http_service() = default;
  /// Every request gets an id of its own. The answer goes to http_server::respond(), from within
  /// this call or later. A body that is longer than the limit is not passed on: the request says
  /// so by a Content-Length header, or by `Transfer-Encoding: chunked` where the client did not say
  /// how long it is, and its connection will be closed. No other headers are passed on,
  /// unless the options say so.
  virtual void on_request(std::uint64_t id, runtime::http_request request) = 0;
  /// The client of an unanswered request is gone. Its id is forgotten.
  virtual void on_closed(std::uint64_t id) = 0;
};

/// The body of an answer that goes on and on. It belongs to its connection, and is destroyed when
/// that is over: nobody else is told.
class http_stream {
 public:
  virtual ~http_stream() = default;
  /// What to send next; null where there is nothing now. Asked when the kernel has taken what was
  /// sent before, and on http_server::resume(). So a client that does not read holds up nobody, and
  /// what it missed meanwhile is for the stream to leave out. Must not call the server.
  virtual std::shared_ptr<const std::string> next() = 0;
  /// Asked when there is nothing to send: whether that was all.
  virtual bool over() const noexcept { return false; }
};

class http_server_options {
 public:
  std::size_t header_limit = 64 * 1024;
  std::size_t body_limit = 512 * 1024;
  /// From the first byte of a request to the end of its headers, then to the end of its body.
  duration header_time = std::chrono::seconds(10);
  duration body_time = std::chrono::seconds(60);
  /// For a client that does not read its answer; one second more for every 64 KiB.
  duration write_time = std::chrono::seconds(30);
  /// How many connections one client address may have; 0: any number. One more gets a 429 and is
  /// closed. Unix sockets have no address and no limit.
  std::size_t connections_per_address = 0;
  /// How many connections there may be in all; 0: any number. One more gets a 503 and is closed.
  std::size_t connections = 0;
  /// How many requests one client address may send a second, and as many again after a quiet
  /// second; 0: any number. One more gets a 429. Unix sockets have no address and no limit.
  std::size_t requests_per_second = 0;
  /// Pass on all headers of a request.
  bool all_headers = false;
  /// How much the kernel holds for a stream's client that does not read; 0: as it likes.
  std::size_t stream_buffer = 0;
};

class http_server {
 public:
  /// `service` and `timers` outlive the server. One thread: the executor's.
  http_server(boost::asio::any_io_executor executor, runtime::timers& timers,
              http_service& service, http_server_options options = {});
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;
  /// Closes everything at once; the service hears nothing more.
  ~http_server();

  /// `host:port` (port 0: any free one), `[v6]:port` or `unix:///path`. A unix socket that nobody
  /// listens on any more is replaced. Throws boost::system::system_error whose text names the
  /// address.
  void listen(const std::string& address);
  /// Of the first TCP address; 0 where there is none.
  unsigned short port() const noexcept;

  /// Answers a request; one whose client is gone is dropped. Never calls the service from inside.
  void respond(std::uint64_t id, runtime::http_response response);

  /// Answers a request by a stream; status and headers are those of `head`. A client that does not
  /// take a piece of it within the write time is disconnected.
  void respond(std::uint64_t id, runtime::http_response head, std::unique_ptr<http_stream> body);
  /// A stream that had nothing to send is asked again. Never calls the service.
  void resume(std::uint64_t id);

  /// Takes no more connections or requests. Connections close when what is under way is answered,
  /// idle ones at once, streams when they have nothing to send.
  void stop();
  std::size_t connections() const noexcept;
  /// Connections and requests that were refused since the start because there were too many.
  std::uint64_t refused() const noexcept;

 private:
  class implementation;
  std::shared_ptr<implementation> implementation_;
};

}  // namespace tenure::wire
