// The certificate with which an HTTP server speaks TLS.
//
// Part of tenure::toolkit, which this project's programs share with the library: no promise of
// stability between minor versions.
#pragma once

#include <memory>
#include <string>
#include <tenure/bad_configuration.hpp>
#include <tenure/log.hpp>

namespace tenure::wire {

class server_tls_context;

/// PEM files.
struct server_tls_files {
  std::string certificate;  ///< the server's own, then its chain
  std::string key;          ///< of the certificate
  std::string client_ca;    ///< not empty: clients must show a certificate that one of these signed
};

/// A handle; copies share the certificate. One thread.
///
/// A file that changes is read again for the next connection; open connections go on. If the new
/// files cannot be used, such as a certificate without its new key, the old ones stay in use, and a
/// warning says so.
class server_tls {
 public:
  /// Throws bad_configuration that names the file that cannot be used, and the remedy.
  explicit server_tls(server_tls_files files, std::shared_ptr<log_sink> log = silent_log());

  /// Shared by copies; never null.
  const std::shared_ptr<server_tls_context>& context() const noexcept { return context_; }

 private:
  std::shared_ptr<server_tls_context> context_;
};

}  // namespace tenure::wire
