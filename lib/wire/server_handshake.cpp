// The begin of a connection with TLS.
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

#include "wire/server_connection.hpp"
#include "wire/server_tls_context.hpp"

namespace tenure::wire {
namespace {

/// The response of Go's net/http.
constexpr std::string_view plain_http =
    "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";

}  // namespace

void server_connection::start(std::shared_ptr<server_tls_context> tls) {
  if (!tls) return next();
  phase_ = phase::handshaking;
  runtime::timers& timers = owner_->timers();
  timers.arm(watchdog_, timers.now() + owner_->options().handshake_time);
  wait_for_handshake(socket::wait_read, std::move(tls));
}

/// OpenSSL's part of the connection is made when bytes have arrived: silent clients cost little.
void server_connection::wait_for_handshake(socket::wait_type what,
                                           std::shared_ptr<server_tls_context> tls) {
  socket_.socket().async_wait(what, [self = shared_from_this(), tls](error_code error) mutable {
    if (self->phase_ != phase::handshaking) return;
    if (error) return self->end();
    if (self->socket_.tls() == nullptr) {
      if (begins_as_http(self->socket_)) return self->answer_plain_http();
      try {
        self->socket_.secure(tls->current()->native_handle(), tls_role::server);
      } catch (const boost::system::system_error&) {  // no memory
        return self->end();
      }
    }
    self->handshake(std::move(tls));
  });
}

void server_connection::handshake(std::shared_ptr<server_tls_context> tls) {
  switch (socket_.tls()->handshake()) {
    case tls_step::want_read: return wait_for_handshake(socket::wait_read, std::move(tls));
    case tls_step::want_write: return wait_for_handshake(socket::wait_write, std::move(tls));
    case tls_step::done:
      owner_->timers().disarm(watchdog_);
      return next();
    case tls_step::failed: break;
  }
  const error_code failed = socket_.tls()->error();
  if (failed.category() != boost::asio::error::get_ssl_category()) return end();
  tls->log_failed_handshake(client_address(), failed);
  // The client learns the reason only from the alert, which a reset would overtake.
  start_draining();
}

void server_connection::answer_plain_http() {
  close_after_ = true;
  unread_ = true;
  phase_ = phase::writing;
  head_ = plain_http;
  write();
}

}  // namespace tenure::wire
