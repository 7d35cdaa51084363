// Responses that are streams: each piece is sent when the kernel has accepted the one before.
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/write.hpp>
#include <cstdio>
#include <utility>

#include "wire/server_connection.hpp"

namespace tenure::wire {
namespace {

namespace asio = boost::asio;

constexpr std::string_view chunk_end = "\r\n";
constexpr std::string_view last_chunk = "0\r\n\r\n";

/// A stream's client has nothing to send, except that some clients pipeline their next request. One
/// that sends more than this is disconnected.
constexpr std::uint32_t most_discarded = 64 * 1024;

void set_option(int socket, int level, int name, int value) noexcept {
  ::setsockopt(socket, level, name, &value, sizeof value);  // unix sockets refuse some
}

}  // namespace

void server_connection::respond(runtime::http_response head, std::unique_ptr<http_stream> body) {
  if (phase_ == phase::over) return;
  if (http_1_0_) close_after_ = true;
  head_of(head);
  if (!http_1_0_) head_ += "\r\nTransfer-Encoding: chunked";
  head_ += close_after_ ? "\r\nConnection: close\r\n\r\n"
                        : "\r\nConnection: keep-alive\r\n\r\n";
  stream_ = std::move(body);
  limit_stream();
  phase_ = phase::streaming;
  send_first_piece();
}

/// Limits what a client that stops reading may cost: bytes in the kernel, and time.
void server_connection::limit_stream() {
  const int native = socket_.socket().native_handle();
  const auto& options = owner_->options();
  if (options.stream_buffer > 0) {
    set_option(native, SOL_SOCKET, SO_SNDBUF, static_cast<int>(options.stream_buffer));
  }
  const auto patience = std::chrono::duration_cast<std::chrono::milliseconds>(options.write_time);
  set_option(native, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(patience.count()));
}

/// As Go: with neither a length nor an encoding, since the GET would have no length.
void server_connection::respond_head(const runtime::http_response& head) {
  if (phase_ == phase::over) return;
  id = 0;
  phase_ = phase::writing;
  head_of(head);
  head_ += connection_header();
  write();
}

void server_connection::resume() {
  if (phase_ == phase::streaming) send_next_piece();
}

/// Sends the head, with the first piece if there is one already.
void server_connection::send_first_piece() {
  piece_ = stream_->next();
  send();
}

void server_connection::send_next_piece() {
  head_.clear();
  piece_ = stream_->next();
  const bool empty = !piece_ || piece_->empty();
  if (empty && !ending_ && !stream_->over()) return;
  send();
}

/// Sends head_ and piece_, or the end of the stream.
void server_connection::send() {
  const bool empty = !piece_ || piece_->empty();
  last_piece_ = empty && (ending_ || stream_->over());
  std::string_view end;
  if (!empty && !http_1_0_) {
    char size[24];
    std::snprintf(size, sizeof size, "%zx\r\n", piece_->size());
    head_ += size;
    end = chunk_end;
  } else if (last_piece_ && !http_1_0_) {
    end = last_chunk;
  }
  phase_ = phase::sending;
  runtime::timers& timers = owner_->timers();
  timers.arm(watchdog_, timers.now() + owner_->options().write_time);
  const std::array<asio::const_buffer, 3> all{
      asio::buffer(head_), empty ? asio::const_buffer() : asio::buffer(*piece_),
      asio::buffer(end)};
  asio::async_write(
      socket_, all,
      [self = shared_from_this()](error_code error, std::size_t) { self->sent(error); });
}

void server_connection::sent(error_code error) {
  if (phase_ != phase::sending) return;
  owner_->timers().disarm(watchdog_);
  piece_.reset();
  if (error) return end();
  if (last_piece_) {
    owner_->stream_over(std::exchange(id, 0));
    stream_.reset();
    return next();
  }
  head_ = std::string();
  phase_ = phase::streaming;
  send_next_piece();
}

/// The client disconnected, or it sent something, which is discarded.
void server_connection::read_from_stream_client() {
  auto found = input::data;
  while (found == input::data && discarded_ <= most_discarded) {
    found = discard(socket_, discarded_);
  }
  if (found != input::none) return end();
  watch();
}

}  // namespace tenure::wire
