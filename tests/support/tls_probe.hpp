// A blocking TLS client for tests: one connection, no code of the library's own client.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "support/certificates.hpp"
#include "support/http_probe.hpp"

struct ssl_st;
struct ssl_ctx_st;
struct ssl_session_st;

namespace tenure::test {

/// What several connections share: the certificate to show and the version. Trusts any server.
class tls_client {
 public:
  enum class version { newest, tls_1_2 };

  explicit tls_client(version speaks = version::newest);
  void show(const key_pair& mine);

  const std::shared_ptr<ssl_ctx_st>& context() const noexcept { return context_; }

 private:
  std::shared_ptr<ssl_ctx_st> context_;
};

class tls_probe {
 public:
  /// `address`: host:port. `resumed`: the session of an earlier connection. Throws
  /// std::runtime_error with the reason if the handshake fails.
  tls_probe(const std::string& address, const tls_client& client,
            std::shared_ptr<ssl_session_st> resumed = nullptr);

  void send_raw(std::string_view bytes);
  /// Sends a GET and returns the body of the response, which has a length.
  std::string get(const std::string& target);
  /// Reads up to and including `end`. Throws std::runtime_error if the connection ends before.
  std::string read_until(std::string_view end);
  std::string read(std::size_t size);
  /// Reads until the server closes.
  std::string read_to_end();
  /// Whether the server ended the connection by TLS, not by TCP alone.
  bool ended_cleanly() const;
  void close_notify();

  /// The name in the server's certificate.
  std::string server_name() const;
  bool was_resumed() const;
  std::shared_ptr<ssl_session_st> session() const;
  int descriptor() const noexcept { return socket_.descriptor(); }

 private:
  bool fill();

  http_probe socket_;
  std::shared_ptr<ssl_st> ssl_;
  std::string buffer_;
};

}  // namespace tenure::test
