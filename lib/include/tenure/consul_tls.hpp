// How to speak TLS to Consul, with the same settings as every Consul tool.
#pragma once

#include <memory>
#include <string>
#include <utility>

namespace boost::asio::ssl {
class context;
}

namespace tenure {

/// Whom to trust, and which certificate to show. Set by chained calls, read by functions of the
/// same names. Plain values; the ready context is shared. Files are PEM.
///
/// A file that changes is read again for the next connection; connections that are in use go on.
/// If the new files cannot be used, such as a certificate without its new key, the old ones stay in
/// use, and a warning says so.
class consul_tls {
 public:
  /// The certificates of the authorities to trust (CONSUL_CACERT). With neither this nor ca_path():
  /// those of the system.
  consul_tls& ca_file(std::string path) {
    ca_file_ = std::move(path);
    return *this;
  }
  /// A folder: each file in it has certificates of authorities (CONSUL_CAPATH). ca_file() comes
  /// first.
  consul_tls& ca_path(std::string folder) {
    ca_path_ = std::move(folder);
    return *this;
  }
  /// The certificate to show, with its chain (CONSUL_CLIENT_CERT). Needs client_key().
  consul_tls& client_cert(std::string path) {
    client_cert_ = std::move(path);
    return *this;
  }
  /// The key of client_cert() (CONSUL_CLIENT_KEY).
  consul_tls& client_key(std::string path) {
    client_key_ = std::move(path);
    return *this;
  }
  /// The name that the server's certificate must have (CONSUL_TLS_SERVER_NAME). Default: the host
  /// of the address.
  consul_tls& server_name(std::string name) {
    server_name_ = std::move(name);
    return *this;
  }
  /// false: accept any certificate (CONSUL_HTTP_SSL_VERIFY). A program between this process and
  /// Consul can then read the token and lead in its place. Default: true.
  consul_tls& verify(bool check) {
    verify_ = check;
    return *this;
  }
  /// A ready context in place of the files above, used as it is. server_name() and verify() count
  /// as well. Share it with this thread only. nullptr, the default: one is made of the files.
  consul_tls& context(std::shared_ptr<boost::asio::ssl::context> ready) {
    context_ = std::move(ready);
    return *this;
  }

  const std::string& ca_file() const noexcept { return ca_file_; }          ///< as set; empty: none
  const std::string& ca_path() const noexcept { return ca_path_; }          ///< as set; empty: none
  const std::string& client_cert() const noexcept { return client_cert_; }  ///< as set; empty: none
  const std::string& client_key() const noexcept { return client_key_; }    ///< as set; empty: none
  /// As set; empty: the host of the address.
  const std::string& server_name() const noexcept { return server_name_; }
  bool verify() const noexcept { return verify_; }  ///< as set
  /// As set; null: none.
  const std::shared_ptr<boost::asio::ssl::context>& context() const noexcept { return context_; }

 private:
  std::string ca_file_;
  std::string ca_path_;
  std::string client_cert_;
  std::string client_key_;
  std::string server_name_;
  bool verify_ = true;
  std::shared_ptr<boost::asio::ssl::context> context_;
};

}  // namespace tenure
