#include "wire/tls_channel.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <new>
#include <string_view>

namespace tenure::wire {
namespace {

namespace asio = boost::asio;

constexpr std::string_view http_greeting = "HTTP/";

}  // namespace

// The socket as OpenSSL's BIO. OpenSSL's own would raise SIGPIPE.
class tls_channel::io {
 public:
  static BIO* make(tls_channel& channel) {
    BIO* const bio = ::BIO_new(method());
    if (bio == nullptr) throw std::bad_alloc();
    ::BIO_set_data(bio, &channel);
    ::BIO_set_init(bio, 1);
    return bio;
  }

 private:
  static const BIO_METHOD* method() {
    static BIO_METHOD* const made = [] {
      BIO_METHOD* const m = ::BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "tenure");
      if (m == nullptr) throw std::bad_alloc();
      ::BIO_meth_set_read_ex(m, &receive);
      ::BIO_meth_set_write_ex(m, &transmit);
      ::BIO_meth_set_ctrl(m, &control);
      return m;
    }();
    return made;
  }

  static tls_channel& owner(BIO* bio) noexcept {
    return *static_cast<tls_channel*>(::BIO_get_data(bio));
  }

  static int receive(BIO* bio, char* to, std::size_t size, std::size_t* got) noexcept {
    tls_channel& channel = owner(bio);
    BIO_clear_retry_flags(bio);
    *got = 0;
    if (!channel.socket_.is_open()) {
      channel.io_error_ = asio::error::operation_aborted;
      return 0;
    }
    const ssize_t n = ::recv(channel.socket_.native_handle(), to, size, MSG_DONTWAIT);
    if (n > 0) {
      *got = static_cast<std::size_t>(n);
      channel.compare(std::string_view(to, *got));
      return 1;
    }
    if (n == 0) {
      channel.io_error_ = asio::error::eof;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) {
      BIO_set_retry_read(bio);
    } else {
      channel.io_error_ = error_code(errno, boost::system::system_category());
    }
    return 0;
  }

  static int transmit(BIO* bio, const char* from, std::size_t size, std::size_t* taken) noexcept {
    tls_channel& channel = owner(bio);
    BIO_clear_retry_flags(bio);
    *taken = 0;
    if (!channel.socket_.is_open()) {
      channel.io_error_ = asio::error::operation_aborted;
      return 0;
    }
    const ssize_t n =
        ::send(channel.socket_.native_handle(), from, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n >= 0) {
      *taken = static_cast<std::size_t>(n);
      channel.bytes_out_ += *taken;
      return 1;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) {
      BIO_set_retry_write(bio);
    } else {
      channel.io_error_ = error_code(errno, boost::system::system_category());
    }
    return 0;
  }

  static long control(BIO* bio, int command, long, void*) noexcept {
    switch (command) {
      case BIO_CTRL_FLUSH:
        return 1;
      case BIO_CTRL_EOF:
        return owner(bio).io_error_ == asio::error::eof ? 1 : 0;
      default:
        return 0;
    }
  }
};

void tls_channel::deleter::operator()(SSL* ssl) const noexcept { ::SSL_free(ssl); }

tls_channel::tls_channel(SSL_CTX* context, socket_type& socket, tls_role role)
    : socket_(socket), ssl_(::SSL_new(context)) {
  if (!ssl_) {
    const auto why = static_cast<int>(::ERR_get_error());
    throw boost::system::system_error(error_code(why, asio::error::get_ssl_category()), "TLS");
  }
  BIO* const bio = io::make(*this);
  ::SSL_set_bio(ssl_.get(), bio, bio);
  ::SSL_set_mode(ssl_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                 SSL_MODE_RELEASE_BUFFERS);
  ::SSL_set_read_ahead(ssl_.get(), 1);  // one call of recv for a record, not two
  if (role == tls_role::client) {
    ::SSL_set_connect_state(ssl_.get());
  } else {
    ::SSL_set_accept_state(ssl_.get());
  }
}

// Without these flags OpenSSL would forbid to resume the session of a connection that was lost.
tls_channel::~tls_channel() {
  ::SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

void tls_channel::compare(std::string_view received) noexcept {
  for (const char c : received) {
    if (started_) return;
    begins_with_ = c == http_greeting[begins_with_] ? begins_with_ + 1 : 0;
    started_ = begins_with_ == 0 || begins_with_ == http_greeting.size();
  }
}

bool tls_channel::peer_speaks_http() const noexcept { return begins_with_ == http_greeting.size(); }

// OpenSSL's queue of errors belongs to the thread: another user may have left errors in it.
void tls_channel::prepare() noexcept {
  ::ERR_clear_error();
  io_error_ = {};
}

tls_step tls_channel::outcome(int result) noexcept {
  if (result > 0) return tls_step::done;
  const int kind = ::SSL_get_error(ssl_.get(), result);
  if (kind == SSL_ERROR_WANT_READ) return tls_step::want_read;
  if (kind == SSL_ERROR_WANT_WRITE) return tls_step::want_write;
  const auto why = static_cast<int>(::ERR_peek_error());
  if (kind == SSL_ERROR_ZERO_RETURN) {
    error_ = asio::error::eof;
  } else if (io_error_) {
    error_ = io_error_;  // also at an end without close_notify
  } else if (why != 0) {
    error_ = error_code(why, asio::error::get_ssl_category());
  } else {
    error_ = asio::error::eof;
  }
  return tls_step::failed;
}

tls_step tls_channel::handshake() noexcept {
  prepare();
  return outcome(::SSL_do_handshake(ssl_.get()));
}

tls_step tls_channel::read(void* to, std::size_t size, std::size_t& got) noexcept {
  prepare();
  got = 0;
  return outcome(::SSL_read_ex(ssl_.get(), to, size, &got));
}

tls_step tls_channel::write(const void* from, std::size_t size, std::size_t& taken) noexcept {
  taken = 0;
  if (size == 0) return tls_step::done;
  prepare();
  const tls_step step = outcome(::SSL_write_ex(ssl_.get(), from, size, &taken));
  if (step != tls_step::failed || error_.category() == asio::error::get_ssl_category())
    return step;
  // The server of TLS 1.3 rejects a client's certificate after the client's handshake. The alert
  // says why; the write says only that the connection is closed.
  const error_code closed = error_;
  char byte = 0;
  std::size_t got = 0;
  prepare();
  if (outcome(::SSL_peek_ex(ssl_.get(), &byte, 1, &got)) != tls_step::failed ||
      error_.category() != asio::error::get_ssl_category())
    error_ = closed;
  return tls_step::failed;
}

tls_step tls_channel::peek() noexcept {
  char byte = 0;
  std::size_t got = 0;
  prepare();
  return outcome(::SSL_peek_ex(ssl_.get(), &byte, 1, &got));
}

void tls_channel::shut_down() noexcept {
  if (!socket_.is_open() || ::SSL_is_init_finished(ssl_.get()) == 0) return;
  prepare();
  ::SSL_shutdown(ssl_.get());
  ::ERR_clear_error();
}

}  // namespace tenure::wire
