// The HTTP client on real sockets but in virtual time: a loopback server on the same io_context
// that runs a coroutine of the test for each connection. Nothing waits by the wall clock: the test
// waits for events and advances virtual time by hand.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "testing/manual_runtime.hpp"
#include "wire/http_client.hpp"
#include "wire/stream.hpp"

namespace boost::asio::ssl {
class context;
}

namespace tenure::test {

using testing::manual_runtime;

/// The server's side of a connection.
class server_side {
 public:
  server_side(boost::asio::ip::tcp::socket socket, std::size_t number)
      : number(number), stream_(wire::stream::socket_type(std::move(socket))) {}

  /// Speaks TLS from now on. Throws system_error when the handshake fails.
  boost::asio::awaitable<void> secure(boost::asio::ssl::context& context);

  /// Reads the next request, head and body. Throws system_error when the client closes.
  boost::asio::awaitable<std::string> request();
  boost::asio::awaitable<void> send(std::string bytes);
  /// Sends a 200 with this body and keeps the connection.
  boost::asio::awaitable<void> answer(std::string body);
  /// Completes when the client has closed.
  boost::asio::awaitable<void> closed();
  void close();
  /// Closes with a TCP reset.
  void reset();

  wire::stream& stream() noexcept { return stream_; }

  const std::size_t number;  ///< 1, 2, ... in the order of connecting

 private:
  wire::stream stream_;
  std::string unread_;
};

class loopback_server {
 public:
  using script = std::function<boost::asio::awaitable<void>(server_side&)>;

  /// Runs `each` for every connection, and closes the connection when it returns or throws.
  loopback_server(manual_runtime& runtime, script each);
  ~loopback_server();

  std::string address() const;
  /// Later connections begin with a TLS handshake.
  void secure(std::shared_ptr<boost::asio::ssl::context> context) { context_ = std::move(context); }
  std::size_t accepted() const noexcept { return accepted_; }
  std::size_t open() const noexcept { return open_; }

 private:
  boost::asio::awaitable<void> accept();
  boost::asio::awaitable<void> serve(std::shared_ptr<server_side> side);

  manual_runtime& runtime_;
  boost::asio::ip::tcp::acceptor acceptor_;
  script each_;
  std::shared_ptr<boost::asio::ssl::context> context_;
  std::size_t accepted_ = 0;
  std::size_t open_ = 0;
};

/// A running exchange.
class exchange {
 public:
  exchange(manual_runtime& runtime, runtime::transport& transport, runtime::lane where,
           runtime::http_request request, time_point deadline,
           runtime::on_stale when_stale = runtime::on_stale::fail);
  exchange(const exchange&) = delete;
  exchange& operator=(const exchange&) = delete;

  void cancel() {
    cancelled_ = true;
    stop_.emit(boost::asio::cancellation_type::terminal);
  }
  std::optional<runtime::exchange_result> result;

 private:
  void start(boost::asio::any_io_executor executor,
             boost::asio::awaitable<runtime::exchange_result> trip);

  boost::asio::cancellation_signal stop_;
  bool cancelled_ = false;
};

/// Runs handlers and blocks on the sockets, not on the clock, until `done()`. Throws if no more
/// handler can run.
template <class Predicate>
void run_real_until(manual_runtime& runtime, Predicate done) {
  for (;;) {
    runtime.run_until_idle();
    if (done()) return;
    runtime.io().restart();
    if (runtime.io().run_one() == 0)
      throw std::logic_error("no more handler can run");
  }
}

}  // namespace tenure::test
