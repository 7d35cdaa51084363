#include "wire/connection.hpp"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <cerrno>

#include "wire/tls_failure.hpp"

namespace tenure::wire {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

/// A body is read in pieces of this size at most.
constexpr std::size_t body_piece = 64 * 1024;
/// Responses like 103 Early Hints before the final one. More are no server's.
constexpr unsigned most_interim = 16;

bool is_interim(unsigned status) noexcept { return status / 100 == 1 && status != 101; }

// Without a slot: cancellation_guard ends the operation.
auto as_values() {
  return asio::bind_cancellation_slot(asio::cancellation_slot(),
                                      asio::as_tuple(asio::use_awaitable));
}

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
        expired.stream_.close();
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

/// Closes the stream when the coroutine is cancelled during an operation. Between two operations
/// the next co_await throws.
class connection::cancellation_guard {
 public:
  cancellation_guard(connection& guarded, asio::cancellation_slot slot) noexcept
      : guarded_(guarded), slot_(slot) {}
  cancellation_guard(const cancellation_guard&) = delete;
  cancellation_guard& operator=(const cancellation_guard&) = delete;
  ~cancellation_guard() {
    if (slot_.is_connected()) slot_.clear();
  }

  /// Before each operation: Asio clears the slot at its end.
  void arm() {
    if (!slot_.is_connected()) return;
    slot_.assign([&guarded = guarded_](asio::cancellation_type type) {
      if (type == asio::cancellation_type::none) return;
      guarded.cancelled_ = true;
      guarded.stream_.close();
    });
  }

 private:
  connection& guarded_;
  asio::cancellation_slot slot_;
};

connection::connection(asio::any_io_executor executor, runtime::timers& timers)
    : stream_(std::move(executor)), timers_(timers), watchdog_(*this) {}

asio::awaitable<error_code> connection::connect(const endpoint& to,
                                                std::shared_ptr<tls_profile> profile,
                                                time_point deadline, std::string& detail) {
  error_code failed;
  stream::socket_type& socket = stream_.socket();
  stream_.close();
  socket.open(to.protocol(), failed);
  if (failed) co_return failed;
  ::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);  // child processes inherit no connection
  if (to.protocol().family() != AF_UNIX) socket.set_option(asio::ip::tcp::no_delay(true), failed);

  const deadline_guard guard(*this, deadline);
  const asio::cancellation_state cancellation = co_await asio::this_coro::cancellation_state;
  cancellation_guard cancellable(*this, cancellation.slot());
  cancellable.arm();
  auto [refused] = co_await socket.async_connect(to, as_values());
  if (!refused && profile != nullptr) {
    profile_ = std::move(profile);
    const error_code not_secured = co_await handshake(detail, cancellable);
    refused = not_secured;
  }
  if (refused && timed_out_) refused = asio::error::timed_out;
  co_return refused;
}

// In the time of the connect's deadline.
asio::awaitable<error_code> connection::handshake(std::string& detail,
                                                  cancellation_guard& cancellable) {
  const tls_channel& tls = profile_->secure(stream_);
  cancellable.arm();
  const auto [failed] = co_await stream_.async_handshake(as_values());
  if (!failed) co_return error_code();
  if (timed_out_) {
    detail = "the server did not complete the TLS handshake in time: does this port speak TLS?";
    co_return failed;
  }
  detail = explain_tls(tls, failed, profile_->server_name());
  stream_.close();
  const bool lasting = is_tls_error(failed) || tls.peer_speaks_http();
  co_return lasting ? error_code(consul_errc::tls_failed) : failed;
}

// send() is a coroutine, so that its frame is gone while a poll waits for its response. Reading
// needs no frame beside this one.
asio::awaitable<void> connection::exchange(const runtime::http_request& request,
                                           const std::string& host, const response_limits& limits,
                                           time_point deadline, runtime::exchange_result& result) {
  const deadline_guard guard(*this, deadline);
  const asio::cancellation_state cancellation = co_await asio::this_coro::cancellation_state;
  cancellation_guard cancellable(*this, cancellation.slot());
  keep_alive_ = false;
  closed_unanswered_ = false;
  unsent_ = true;
  result.error = {};
  const bool sent_before = result.sent;
  co_await send(request, host, result, cancellable);
  if (result.error) {
    give_up(result, sent_before);
    co_return;
  }

  // What the limits of the parser do not count, extensions of chunks and trailers, has to fit, too.
  buffer_.max_size(limits.header + body_piece);
  // The header first: so a poll waits with a buffer of half a kilobyte, and a long body is read in
  // large pieces.
  std::optional<http::response_parser<http::string_body>> parser;
  error_code failed;
  unsigned interim = 0;
  do {
    parser.emplace();
    parser->header_limit(limits.header);
    parser->body_limit(limits.body);
    parser->skip(request.method == "HEAD");
    cancellable.arm();
    const auto [unread, header_bytes] =
        co_await http::async_read_header(stream_, buffer_, *parser, as_values());
    failed = unread;
  } while (!failed && is_interim(parser->get().result_int()) && ++interim <= most_interim);
  if (!failed && !parser->is_done()) {
    const std::uint64_t to_come = parser->content_length_remaining().value_or(body_piece);
    const std::uint64_t piece = std::min<std::uint64_t>(body_piece, to_come);
    buffer_.reserve(std::max(buffer_.size(), static_cast<std::size_t>(piece)));
    cancellable.arm();
    const auto [cut_short, body_bytes] =
        co_await http::async_read(stream_, buffer_, *parser, as_values());
    failed = cut_short;
  }
  if (failed) {
    result.error = plain(failed);
    closed_unanswered_ = interim == 0 && !parser->got_some();
    give_up(result, sent_before);
    co_return;
  }
  if (profile_) profile_->remember(*stream_.tls());
  answered_ = true;
  keep_alive_ = parser->keep_alive() && buffer_.size() == 0;
  move_to(result.response, parser->get());
  if (buffer_.capacity() > 4096) {
    buffer_.clear();
    buffer_.shrink_to_fit();
  }
}

void connection::give_up(runtime::exchange_result& result, bool sent_before) {
  // With TLS 1.3 the server judges the client's certificate after the client's handshake, and reads
  // no request if it rejects it.
  if (profile_ && !answered_ && rejects_certificate(result.error)) {
    result.detail = explain_tls(*stream_.tls(), result.error, profile_->server_name());
    result.error = consul_errc::tls_failed;
    result.sent = sent_before;
  }
  stream_.close();
  if (!timed_out_ && !cancelled_) return;
  result.error = cancelled_ ? error_code(asio::error::operation_aborted) : consul_errc::timed_out;
  closed_unanswered_ = false;
}

asio::awaitable<void> connection::send(const runtime::http_request& request,
                                       const std::string& host, runtime::exchange_result& result,
                                       cancellation_guard& cancellable) {
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
  const std::uint64_t before = stream_.tls() == nullptr ? 0 : stream_.tls()->bytes_out();
  cancellable.arm();
  const auto [failed, bytes] = co_await http::async_write(stream_, message, as_values());
  const bool in_part = stream_.tls() != nullptr && stream_.tls()->bytes_out() > before;
  if (!failed || bytes > 0 || in_part) {
    unsent_ = false;
    result.sent = true;
  }
  if (failed) {
    result.error = plain(failed);
    closed_unanswered_ = true;
  }
}

bool connection::reusable() noexcept {
  stream::socket_type& socket = stream_.socket();
  if (!keep_alive_ || !socket.is_open()) return false;
  if (stream_.tls() != nullptr) return stream_.tls()->quiet();
  char unsolicited = 0;
  const ssize_t got =
      ::recv(socket.native_handle(), &unsolicited, sizeof unsolicited, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace tenure::wire
