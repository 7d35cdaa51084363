// The HTTP client on real sockets but virtual time: a server on loopback whose every connection is
// a coroutine of the test, on the same io_context. Nothing waits by the clock: the test waits for
// what must happen, and lets virtual time pass by hand.
#pragma once

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

#include "support/manual_runtime.hpp"
#include "wire/http_client.hpp"

namespace tenure::test {

/// One connection, as the server sees it.
class server_side {
 public:
  server_side(boost::asio::ip::tcp::socket socket, std::size_t number)
      : number(number), socket_(std::move(socket)) {}

  /// The next request's head, with its body where one is announced. Throws system_error when the
  /// client closes.
  boost::asio::awaitable<std::string> request();
  boost::asio::awaitable<void> send(std::string bytes);
  /// Status 200 with this body, kept alive.
  boost::asio::awaitable<void> answer(std::string body);
  /// Completes when the client has closed.
  boost::asio::awaitable<void> closed();
  void close();
  /// Closes with a reset instead of an end.
  void reset();

  const std::size_t number;  ///< 1, 2, ... in the order of connecting

 private:
  boost::asio::ip::tcp::socket socket_;
  std::string unread_;
};

class loopback_server {
 public:
  using script = std::function<boost::asio::awaitable<void>(server_side&)>;

  /// Every connection is served by `each`, and closed when that returns or throws.
  loopback_server(manual_runtime& runtime, script each);
  ~loopback_server();

  std::string address() const;
  std::size_t accepted() const noexcept { return accepted_; }
  std::size_t open() const noexcept { return open_; }

 private:
  boost::asio::awaitable<void> accept();
  boost::asio::awaitable<void> serve(std::shared_ptr<server_side> side);

  manual_runtime& runtime_;
  boost::asio::ip::tcp::acceptor acceptor_;
  script each_;
  std::size_t accepted_ = 0;
  std::size_t open_ = 0;
};

/// One exchange, started.
class exchange {
 public:
  exchange(manual_runtime& runtime, runtime::transport& transport, runtime::lane where,
           runtime::http_request request, time_point deadline,
           runtime::on_stale when_stale = runtime::on_stale::fail);
  exchange(const exchange&) = delete;
  exchange& operator=(const exchange&) = delete;

  void cancel() { stop_.emit(boost::asio::cancellation_type::terminal); }
  std::optional<runtime::exchange_result> result;

 private:
  boost::asio::cancellation_signal stop_;
};

/// Blocks on the sockets, not on the clock, until `done`. Throws where nothing is left that could
/// happen.
template <class Predicate>
void run_real_until(manual_runtime& runtime, Predicate done) {
  for (;;) {
    runtime.run_until_idle();
    if (done()) return;
    runtime.io().restart();
    if (runtime.io().run_one() == 0)
      throw std::logic_error("nothing is left that could happen");
  }
}

}  // namespace tenure::test
