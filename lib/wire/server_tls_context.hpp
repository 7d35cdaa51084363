// The TLS context of a server: certificate, key and the authorities of its clients, read again when
// a file changes.
#pragma once

#include <memory>
#include <string>
#include <tenure/error.hpp>
#include <tenure/toolkit/server_tls.hpp>
#include <vector>

#include "wire/tls_files.hpp"

namespace tenure::wire {

class server_tls_context {
 public:
  server_tls_context(server_tls_files files, std::shared_ptr<log_sink> log);

  /// For a handshake that begins now. Looks whether a file has changed.
  const std::shared_ptr<boost::asio::ssl::context>& current();

  /// Whether clients must show a certificate.
  bool checks_clients() const noexcept { return !files_.client_ca.empty(); }

  void log_failed_handshake(const std::string& client, const error_code& error) noexcept;

 private:
  std::vector<file_stamp> look() const;

  server_tls_files files_;
  std::shared_ptr<log_sink> log_;
  std::vector<file_stamp> read_;  ///< when the files were last read with success
  std::string warned_;            ///< the last warning; empty: the files are fine
  std::shared_ptr<boost::asio::ssl::context> current_;
};

}  // namespace tenure::wire
