#include "wire/server_connection.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <utility>

#include "wire/listen_address.hpp"
#include "wire/request_header.hpp"

namespace tenure::wire {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using namespace std::chrono_literals;

/// How long the server reads on after its last response, so that the client can receive that one.
constexpr duration drain_time = 500ms;
constexpr std::size_t drain_step = 16 * 1024;
constexpr std::size_t header_step = 1024;
/// Room for a body's chunks, beside the header.
constexpr std::size_t body_room = 64 * 1024;

bool is_http_error(error_code error) {
  return error.category() == http::make_error_code(http::error::end_of_stream).category();
}

/// The phrases of Go's net/http, which Consul's clients see.
std::string_view reason(unsigned status) {
  if (status == 413) return "Request Entity Too Large";
  const auto text = http::obsolete_reason(static_cast<http::status>(status));
  return {text.data(), text.size()};
}

}  // namespace

server_connection::watchdog::watchdog(server_connection& watched)
    : timer([](timer& t) noexcept {
        // The pending operation fails and ends the connection.
        error_code ignored;
        static_cast<watchdog&>(t).connection.socket_.socket().close(ignored);
      }),
      connection(watched) {}

server_connection::server_connection(socket connected, connection_owner& owner,
                                     std::uint64_t number, std::string peer)
    : socket_(std::move(connected)),
      owner_(&owner),
      watchdog_(*this),
      number_(number),
      peer_(std::move(peer)) {}

server_connection::~server_connection() { abort(); }

void server_connection::abort() noexcept {
  if (owner_ == nullptr) return;
  owner_->timers().disarm(watchdog_);
  owner_ = nullptr;
  phase_ = phase::over;
  stream_.reset();
  error_code ignored;
  socket_.socket().close(ignored);
}

void server_connection::end() {
  if (owner_ == nullptr) return;
  const std::uint64_t lost = std::exchange(id, 0);
  connection_owner* owner = owner_;
  if (lost != 0 && stream_) {
    owner->stream_over(lost);
  } else if (lost != 0) {
    owner->lost(lost);
  }
  abort();
  owner->closed(*this);  // may destroy this
}

void server_connection::next() {
  phase_ = phase::idle;
  head_ = std::string();
  body_ = std::string();
  if (close_after_) {
    socket_.close();
    return end();
  }
  owner_->waiting(*this);
  if (input_ && input_->buffer.size() > 0) return read_header();
  input_.reset();
  const duration limit = served_ ? owner_->options().idle_time : owner_->options().first_time;
  if (limit > duration(0)) owner_->timers().arm(watchdog_, owner_->timers().now() + limit);
  // With TLS what has arrived need not be a request, and a request may have left the kernel.
  if (socket_.tls() != nullptr) return readable({});
  if (has_input_) return read_header();
  watch();
}

void server_connection::watch() {
  if (watching_) return;
  watching_ = true;
  socket_.socket().async_wait(socket::wait_read, [self = shared_from_this()](error_code error) {
    self->watching_ = false;
    self->readable(error);
  });
}

void server_connection::readable(error_code error) {
  if (error) {
    if (phase_ != phase::reading && phase_ != phase::writing && phase_ != phase::draining) end();
    return;
  }
  switch (phase_) {
    case phase::idle:
      if (socket_.tls() == nullptr) return read_header();
      [[fallthrough]];
    case phase::answering:
      switch (look(socket_)) {
        case input::none: return watch();
        case input::closed: return end();
        case input::data: break;
      }
      if (phase_ == phase::idle) return read_header();
      // The client has sent its next request already. That one waits, and until the response a
      // disconnect is not noticed.
      has_input_ = true;
      return;
    case phase::writing: has_input_ = true; return;
    case phase::streaming:
    case phase::sending:
      return read_from_stream_client();
    case phase::handshaking:
    case phase::reading:
    case phase::draining:
    case phase::over: return;
  }
}

void server_connection::read_header() {
  phase_ = phase::reading;
  has_input_ = false;
  head_only_ = false;
  const http_server_options& options = owner_->options();
  if (!input_) input_ = std::make_unique<reader>(options.header_limit + body_room);
  input_->scanned = 0;
  runtime::timers& timers = owner_->timers();
  timers.arm(watchdog_, timers.now() + options.header_time);
  scan();
}

/// Looks for the end of the header in what has arrived, and reads on without it.
void server_connection::scan() {
  auto& buffer = input_->buffer;
  const auto arrived = [&] {
    return std::string_view(static_cast<const char*>(buffer.data().data()), buffer.size());
  };
  // RFC 9112, 2.2: clients may send an empty line before a request.
  while (arrived().starts_with("\r\n")) {
    buffer.consume(2);
    input_->scanned = 0;
  }
  const http_server_options& options = owner_->options();
  const header_scan found = scan_header(arrived(), input_->scanned);
  if (found.state == header_state::invalid) return refuse_malformed(bad_request);
  if (found.state == header_state::complete && found.size <= options.header_limit)
    return header_read(arrived().substr(0, found.size));
  if (found.state == header_state::complete || buffer.size() > options.header_limit) {
    return refuse_malformed(oversized_header(arrived(), options.target_limit));
  }
  const auto room = buffer.prepare(std::max(header_step, buffer.capacity() - buffer.size()));
  socket_.async_read_some(room,
                          [self = shared_from_this()](error_code error, std::size_t count) {
                            if (self->phase_ != phase::reading) return;
                            if (error) return self->end();
                            self->input_->buffer.commit(count);
                            self->scan();
                          });
}

void server_connection::header_read(std::string_view header) {
  head_only_ = header.starts_with("HEAD ");
  if (const header_fault fault = check_header(header, owner_->options().target_limit))
    return refuse_malformed(fault);
  input_->message.emplace();
  input_->message->header_limit(static_cast<std::uint32_t>(header.size() + 1));
  input_->message->body_limit(boost::none);  // checked below, so that the service can respond
  error_code failed;
  input_->buffer.consume(input_->message->put(input_->buffer.data(), failed));
  if (failed || !input_->message->is_header_done()) return refuse_malformed(bad_request);

  const auto& message = input_->message->get();
  const presented_access presented{.method = message.method_string(),
                                   .target = message.target(),
                                   .host = message[http::field::host],
                                   .authorization = message[http::field::authorization],
                                   .consul_token = message["X-Consul-Token"]};
  if (const header_fault fault = owner_->check_access(*this, presented)) return refuse(fault);
  const auto length = input_->message->content_length();
  if (length && *length > owner_->options().body_limit) {
    unread_ = true;
    return deliver();
  }
  input_->message->body_limit(owner_->options().body_limit);
  runtime::timers& timers = owner_->timers();
  timers.arm(watchdog_, timers.now() + owner_->options().body_time);
  const bool asks = message.version() >= 11 && message.count(http::field::expect) > 0;
  if (!asks || input_->message->is_done()) return read_body();
  static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
  asio::async_write(socket_, asio::buffer(go_on),
                    [self = shared_from_this()](error_code failed, std::size_t) {
                      if (self->phase_ != phase::reading) return;
                      if (failed) return self->end();
                      self->read_body();
                    });
}

void server_connection::read_body() {
  if (input_->message->is_done()) return body_read({});
  http::async_read(
      socket_, input_->buffer, *input_->message,
      [self = shared_from_this()](error_code error, std::size_t) { self->body_read(error); });
}

void server_connection::body_read(error_code error) {
  if (phase_ != phase::reading) return;
  if (error == http::error::body_limit) {  // of a body without a Content-Length
    unread_ = true;
    return deliver();
  }
  if (error && is_http_error(error) && error != http::error::partial_message)
    return refuse_malformed(bad_request);
  if (error) return end();
  deliver();
}

void server_connection::deliver() {
  owner_->timers().disarm(watchdog_);
  close_after_ = close_after_ || !input_->message->keep_alive() || unread_;
  const auto length = input_->message->content_length();
  auto message = input_->message->release();
  input_->message.reset();
  if (input_->buffer.size() == 0) input_.reset();

  served_ = true;
  http_1_0_ = message.version() < 11;
  runtime::http_request request(std::string(message.method_string()),
                                origin_form(message.target()));
  if (owner_->options().all_headers) {
    for (const auto& field : message) {
      const bool framing = field.name() == http::field::content_length ||
                           field.name() == http::field::transfer_encoding;
      if (!framing) request.headers.emplace_back(field.name_string(), field.value());
    }
  }
  if (!unread_) {
    request.body = std::move(message.body());
  } else if (length) {
    request.headers.emplace_back("Content-Length", std::to_string(*length));
  } else {
    request.headers.emplace_back("Transfer-Encoding", "chunked");
  }
  phase_ = phase::answering;
  const auto self = shared_from_this();
  owner_->received(*this, std::move(request));
  const bool unanswered = phase_ == phase::answering && !unread_;
  if (!unanswered && phase_ != phase::streaming && phase_ != phase::sending) return;
  // With TLS what the client has sent may have left the kernel.
  if (socket_.tls() != nullptr) return readable({});
  watch();
}

/// The connection ends with this response: where the next request begins is not known.
void server_connection::refuse(const header_fault& why) {
  unread_ = true;
  close_after_ = true;
  const unsigned status = why.status;
  runtime::http_response response(status, std::string(why.text));
  response.headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
  if (status == 401) {
    response.headers.emplace_back("WWW-Authenticate", "Bearer");
    response.headers.emplace_back("WWW-Authenticate", R"(Basic realm="tenure")");
  } else if (status == 429) {
    response.headers.emplace_back("Retry-After", "1");
  }
  respond(std::move(response));
}

void server_connection::refuse_malformed(const header_fault& why) {
  const header_fault too_many = owner_->malformed(*this);
  refuse(too_many ? too_many : why);
}

/// What every response begins with, without the end of the last line.
void server_connection::head_of(const runtime::http_response& response) {
  head_ = "HTTP/1.1 " + std::to_string(response.status) + " ";
  head_ += reason(response.status);
  head_ += "\r\n";
  for (const auto& [name, value] : response.headers) {
    head_ += name;
    head_ += ": ";
    head_ += value;
    head_ += "\r\n";
  }
  head_ += "Date: ";
  head_ += owner_->date();
}

/// The end of a head. Clients of HTTP/1.0 expect a connection to close.
std::string_view server_connection::connection_header() const noexcept {
  if (close_after_) return "\r\nConnection: close\r\n\r\n";
  return http_1_0_ ? "\r\nConnection: keep-alive\r\n\r\n" : "\r\n\r\n";
}

void server_connection::respond(runtime::http_response response) {
  if (phase_ == phase::over) return;
  id = 0;
  phase_ = phase::writing;
  head_of(response);
  head_ += "\r\nContent-Length: ";
  head_ += std::to_string(response.body.size());
  head_ += connection_header();
  if (!head_only_) body_ = std::move(response.body);
  write();
}

void server_connection::write() {
  runtime::timers& timers = owner_->timers();
  constexpr std::size_t bytes_a_second = 64 * 1024;
  timers.arm(watchdog_, timers.now() + owner_->options().write_time +
                            std::chrono::seconds(body_.size() / bytes_a_second));
  asio::async_write(
      socket_, std::array{asio::buffer(head_), asio::buffer(body_)},
      [self = shared_from_this()](error_code error, std::size_t) { self->written(error); });
}

void server_connection::written(error_code error) {
  if (phase_ != phase::writing) return;
  owner_->timers().disarm(watchdog_);
  if (error) return end();
  if (!unread_) return next();
  // To close now would reset the connection of a client that is still sending, before it has read
  // the response.
  start_draining();
}

void server_connection::start_draining() {
  if (socket_.tls() != nullptr) socket_.tls()->shut_down();
  error_code error;
  socket_.socket().shutdown(socket::shutdown_send, error);
  if (error) return end();
  phase_ = phase::draining;
  owner_->timers().arm(watchdog_, owner_->timers().now() + drain_time);
  body_.assign(drain_step, '\0');
  drain();
}

void server_connection::drain() {
  socket_.socket().async_read_some(
      asio::buffer(body_), [self = shared_from_this()](error_code error, std::size_t) {
        if (self->phase_ != phase::draining) return;
        if (error) return self->end();
        self->drain();
      });
}

std::string server_connection::client_address() {
  error_code disconnected;
  const auto client = socket_.socket().remote_endpoint(disconnected);
  return disconnected ? std::string() : address_text(client);
}

bool server_connection::give_way() {
  const bool waits = phase_ == phase::idle || phase_ == phase::reading ||
                     phase_ == phase::handshaking;
  if (!waits || (phase_ != phase::handshaking && look(socket_) == input::data)) return false;
  end();
  return true;
}

void server_connection::stop() {
  close_after_ = true;
  ending_ = true;
  if (phase_ == phase::streaming) return send_next_piece();
  if (phase_ != phase::idle && phase_ != phase::handshaking) return;
  // The pending wait fails and ends the connection.
  socket_.close();
}

}  // namespace tenure::wire
