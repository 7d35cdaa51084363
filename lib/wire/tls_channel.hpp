// TLS over one connected socket, without waiting: each call does what it can now and says what it
// waits for. Private to wire.
#pragma once

#include <openssl/types.h>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <tenure/error.hpp>

namespace tenure::wire {

/// Which end of the connection this process is.
enum class tls_role : std::uint8_t { client, server };

/// What a call did, or what it waits for: then call it again with the same arguments.
enum class tls_step : std::uint8_t { done, want_read, want_write, failed };

/// OpenSSL reads and writes the socket itself: no buffer exists while the channel waits, and the
/// number of bytes that the kernel took is known. Asio's ssl::stream keeps 70 KB for each
/// connection, and reports a record that was sent in part as not sent.
class tls_channel {
 public:
  using socket_type = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol>;

  /// The socket must outlive the channel. Throws system_error.
  tls_channel(SSL_CTX* context, socket_type& socket, tls_role role);
  tls_channel(const tls_channel&) = delete;
  tls_channel& operator=(const tls_channel&) = delete;
  ~tls_channel();

  tls_step handshake() noexcept;
  tls_step read(void* to, std::size_t size, std::size_t& got) noexcept;
  tls_step write(const void* from, std::size_t size, std::size_t& taken) noexcept;
  /// Tells the peer that no more bytes follow; does not wait for its answer.
  void shut_down() noexcept;

  /// Of the call that failed: of the socket, eof, or of Asio's SSL category.
  const error_code& error() const noexcept { return error_; }
  /// Handles what the peer sent beside data, such as session tickets. done: data waits to be read.
  tls_step peek() noexcept;
  /// True if the connection is open and no data waits to be read.
  bool quiet() noexcept { return peek() == tls_step::want_read; }
  /// Bytes that the kernel took, the handshake's included.
  std::uint64_t bytes_out() const noexcept { return bytes_out_; }
  /// The peer's first bytes are those of an HTTP response.
  bool peer_speaks_http() const noexcept;
  SSL* native() const noexcept { return ssl_.get(); }

 private:
  class io;
  struct deleter {
    void operator()(SSL* ssl) const noexcept;
  };

  void compare(std::string_view received) noexcept;
  void prepare() noexcept;
  tls_step outcome(int result) noexcept;

  socket_type& socket_;
  std::unique_ptr<SSL, deleter> ssl_;
  error_code error_;
  error_code io_error_;  ///< of the socket, in the current call
  std::uint64_t bytes_out_ = 0;
  std::size_t begins_with_ = 0;   ///< how many of the peer's first bytes were those of "HTTP/"
  bool started_ = false;          ///< the peer's first bytes were compared
};

}  // namespace tenure::wire
