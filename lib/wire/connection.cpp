#include "wire/connection.hpp"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <cerrno>

namespace tenure::wire {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

constexpr auto as_values = asio::as_tuple(asio::use_awaitable);

// Callers do not know Beast, so they cannot know its errors.
error_code plain(error_code error) {
  if (error == http::error::end_of_stream || error == http::error::partial_message)
    return asio::error::eof;
  if (error.category() == http::make_error_code(http::error::end_of_stream).category())
    return consul_errc::bad_answer;
  return error;
}

void move_to(runtime::http_response& response, http::response<http::string_body>& message) {
  response.status = message.result_int();
  response.headers.clear();
  for (const auto& field : message)
    response.headers.emplace_back(field.name_string(), field.value());
  response.body = std::move(message.body());
}

}  // namespace

connection::watchdog::watchdog(connection& watched)
    : timer([](timer& t) noexcept {
        connection& expired = static_cast<watchdog&>(t).owner;
        expired.timed_out_ = true;
        expired.close();
      }),
      owner(watched) {}

class connection::deadline_guard {
 public:
  deadline_guard(connection& guarded, time_point deadline) : guarded_(guarded) {
    guarded_.timed_out_ = false;
    if (deadline != time_point::max()) guarded_.timers_.arm(guarded_.watchdog_, deadline);
  }
  deadline_guard(const deadline_guard&) = delete;
  deadline_guard& operator=(const deadline_guard&) = delete;
  ~deadline_guard() { guarded_.timers_.disarm(guarded_.watchdog_); }

 private:
  connection& guarded_;
};

connection::connection(asio::any_io_executor executor, runtime::timers& timers)
    : socket_(std::move(executor)), timers_(timers), watchdog_(*this) {}

void connection::close() noexcept {
  error_code ignored;
  socket_.close(ignored);
}

asio::awaitable<error_code> connection::connect(const endpoint& to, time_point deadline) {
  error_code failed;
  close();
  socket_.open(to.protocol(), failed);
  if (failed) co_return failed;
  ::fcntl(socket_.native_handle(), F_SETFD, FD_CLOEXEC);  // child processes inherit no connection
  if (to.protocol().family() != AF_UNIX) socket_.set_option(asio::ip::tcp::no_delay(true), failed);

  const deadline_guard guard(*this, deadline);
  auto [refused] = co_await socket_.async_connect(to, as_values);
  if (refused && timed_out_) refused = asio::error::timed_out;
  co_return refused;
}

// send() is a coroutine, so that its frame is gone while a poll waits for its response. Reading
// needs no frame beside this one.
asio::awaitable<void> connection::exchange(const runtime::http_request& request,
                                           const std::string& host, const response_limits& limits,
                                           time_point deadline, runtime::exchange_result& result) {
  const deadline_guard guard(*this, deadline);
  keep_alive_ = false;
  closed_unanswered_ = false;
  unsent_ = true;
  result.error = {};
  co_await send(request, host, result);
  if (result.error) {
    give_up(result);
    co_return;
  }

  http::response_parser<http::string_body> parser;
  parser.header_limit(limits.header);
  parser.body_limit(limits.body);
  parser.skip(request.method == "HEAD");
  // The header first: so a poll waits with a buffer of half a kilobyte, and a long body is read in
  // large pieces.
  auto [failed, header_bytes] =
      co_await http::async_read_header(socket_, buffer_, parser, as_values);
  if (!failed && !parser.is_done()) {
    constexpr std::uint64_t piece = 64 * 1024;
    const std::uint64_t to_come = parser.content_length_remaining().value_or(piece);
    buffer_.reserve(std::max(buffer_.size(), static_cast<std::size_t>(std::min(piece, to_come))));
    const auto [cut_short, body_bytes] =
        co_await http::async_read(socket_, buffer_, parser, as_values);
    failed = cut_short;
  }
  if (failed) {
    result.error = plain(failed);
    closed_unanswered_ = !parser.got_some();
    give_up(result);
    co_return;
  }
  keep_alive_ = parser.keep_alive() && buffer_.size() == 0;
  move_to(result.response, parser.get());
  if (buffer_.capacity() > 4096) {
    buffer_.clear();
    buffer_.shrink_to_fit();
  }
}

void connection::give_up(runtime::exchange_result& result) noexcept {
  close();
  if (!timed_out_) return;
  result.error = consul_errc::timed_out;
  closed_unanswered_ = false;
}

asio::awaitable<void> connection::send(const runtime::http_request& request,
                                       const std::string& host, runtime::exchange_result& result) {
  http::request<http::string_body> message;
  message.version(11);
  message.method_string(request.method);
  message.target(request.target);
  message.set(http::field::host, host);
  message.set(http::field::user_agent, "tenure");
  for (const auto& [name, value] : request.headers) message.insert(name, value);
  message.body() = request.body;
  message.prepare_payload();

  result.sent_at = timers_.now();  // before the first byte is sent
  const auto [failed, bytes] = co_await http::async_write(socket_, message, as_values);
  if (!failed || bytes > 0) {
    unsent_ = false;
    result.sent = true;
  }
  if (failed) {
    result.error = plain(failed);
    closed_unanswered_ = true;
  }
}

bool connection::reusable() noexcept {
  if (!keep_alive_ || !socket_.is_open()) return false;
  char unsolicited = 0;
  const ssize_t got =
      ::recv(socket_.native_handle(), &unsolicited, sizeof unsolicited, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace tenure::wire
