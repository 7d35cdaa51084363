#include "support/loopback.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>

namespace tenure::test {

namespace asio = boost::asio;
using asio::ip::tcp;

asio::awaitable<void> server_side::secure(asio::ssl::context& context) {
  stream_.secure(context.native_handle(), wire::tls_role::server);
  co_await stream_.async_handshake(asio::use_awaitable);
}

asio::awaitable<std::string> server_side::request() {
  auto buffer = asio::dynamic_buffer(unread_);
  const std::size_t head = co_await asio::async_read_until(stream_, buffer, "\r\n\r\n",
                                                           asio::use_awaitable);
  std::size_t length = 0;
  const std::string name = "Content-Length: ";
  if (const auto at = unread_.find(name); at < head)
    length = std::stoul(unread_.substr(at + name.size()));
  while (unread_.size() < head + length) {
    char more[1024];
    auto piece = asio::buffer(more);
    const std::size_t got = co_await stream_.async_read_some(piece, asio::use_awaitable);
    unread_.append(more, got);
  }
  std::string whole = unread_.substr(0, head + length);
  unread_.erase(0, head + length);
  co_return whole;
}

asio::awaitable<void> server_side::send(std::string bytes) {
  auto buffer = asio::buffer(bytes);
  co_await asio::async_write(stream_, buffer, asio::use_awaitable);
}

asio::awaitable<void> server_side::answer(std::string body) {
  const std::string head =
      "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  std::string whole = head + body;
  co_await send(std::move(whole));
}

asio::awaitable<void> server_side::closed() {
  char byte;
  auto buffer = asio::buffer(&byte, 1);
  constexpr auto as_values = asio::as_tuple(asio::use_awaitable);
  for (;;) {
    const auto [error, got] = co_await stream_.async_read_some(buffer, as_values);
    if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
    if (error) co_return;
  }
}

void server_side::close() { stream_.close(); }

void server_side::reset() {
  stream_.socket().set_option(asio::socket_base::linger(true, 0));
  stream_.socket().close();
}

loopback_server::loopback_server(manual_runtime& runtime, script each)
    : runtime_(runtime),
      acceptor_(runtime.io(), tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
      each_(std::move(each)) {
  asio::co_spawn(runtime_.executor(), accept(), [](std::exception_ptr) {});
}

loopback_server::~loopback_server() {
  // The coroutines of the connections end because the test's clients are gone.
  acceptor_.close();
  run_real_until(runtime_, [this] { return open_ == 0; });
}

std::string loopback_server::address() const {
  return "127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
}

asio::awaitable<void> loopback_server::accept() {
  for (;;) {
    tcp::socket socket = co_await acceptor_.async_accept(asio::use_awaitable);
    ++open_;
    auto side = std::make_shared<server_side>(std::move(socket), ++accepted_);
    asio::co_spawn(runtime_.executor(), serve(std::move(side)), [](std::exception_ptr) {});
  }
}

asio::awaitable<void> loopback_server::serve(std::shared_ptr<server_side> side) {
  try {
    const auto context = context_;
    if (context) co_await side->secure(*context);
    co_await each_(*side);
  } catch (const boost::system::system_error&) {  // the client went away
  }
  side->close();
  --open_;
}

exchange::exchange(manual_runtime& runtime, runtime::transport& transport, runtime::lane where,
                   runtime::http_request request, time_point deadline,
                   runtime::on_stale when_stale) {
  auto trip = transport.exchange(where, std::move(request), deadline, when_stale);
  asio::post(runtime.executor(),
             [this, executor = runtime.executor(), trip = std::move(trip)]() mutable {
               start(executor, std::move(trip));
             });
}

// On the executor's thread co_spawn starts it inside this call. Boost 1.83 lets a cancellation that
// comes before the start escape from the loop.
void exchange::start(asio::any_io_executor executor,
                     asio::awaitable<runtime::exchange_result> trip) {
  asio::co_spawn(executor, std::move(trip),
                 asio::bind_cancellation_slot(
                     stop_.slot(), [this](std::exception_ptr, runtime::exchange_result made) {
                       result = std::move(made);
                     }));
  if (cancelled_) cancel();
}

}  // namespace tenure::test
