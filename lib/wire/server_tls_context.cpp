#include "wire/server_tls_context.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/context.hpp>
#include <string_view>
#include <utility>

namespace tenure::wire {
namespace {

namespace ssl = boost::asio::ssl;

constexpr std::string_view cert_remedy =
    "name a PEM file with the server's certificate, then its chain";
constexpr std::string_view key_remedy = "name the PEM file of the certificate's key";
constexpr std::string_view ca_remedy =
    "name a PEM file with the certificates of the clients' authorities";

void require_client_certificates(ssl::context& context, const std::string& path) {
  const std::string pem = read_pem("the client CA file", path, ca_remedy);
  error_code failed;
  context.add_certificate_authority(boost::asio::buffer(pem), failed);
  STACK_OF(X509_NAME)* const names = failed ? nullptr : ::SSL_load_client_CA_file(path.c_str());
  ::ERR_clear_error();
  if (names == nullptr) {
    throw bad_configuration("the client CA file \"" + path +
                            "\" has no PEM certificate: " + std::string(ca_remedy));
  }
  ::SSL_CTX_set_client_CA_list(context.native_handle(), names);  // takes the names
  context.set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
}

std::shared_ptr<ssl::context> load(const server_tls_files& files) {
  const auto made = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX* const native = made->native_handle();
  ::SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  ::SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION);
  // Clients keep the sessions, as tickets. New files end them, so that a client's certificate is
  // checked against new authorities.
  ::SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  constexpr std::string_view name = "tenure";
  ::SSL_CTX_set_session_id_context(native, reinterpret_cast<const unsigned char*>(name.data()),
                                   static_cast<unsigned>(name.size()));
  use_certificate(*made, files.certificate,
                  read_pem("the certificate", files.certificate, cert_remedy), files.key,
                  read_pem("the key", files.key, key_remedy));
  if (!files.client_ca.empty()) require_client_certificates(*made, files.client_ca);
  return made;
}

}  // namespace

std::vector<file_stamp> server_tls_context::look() const {
  std::vector<file_stamp> stamps;
  for (const std::string& path : {files_.certificate, files_.key, files_.client_ca}) {
    if (!path.empty()) stamps.push_back(stamp_of(path));
  }
  return stamps;
}

// Looks at the files before it reads them: a change in between is read again.
server_tls_context::server_tls_context(server_tls_files files, std::shared_ptr<log_sink> log)
    : files_(std::move(files)), log_(std::move(log)), read_(look()), current_(load(files_)) {}

const std::shared_ptr<ssl::context>& server_tls_context::current() {
  std::vector<file_stamp> now = look();
  // After a failure the files are read at each handshake: a stamp may miss the end of the trouble.
  if (now == read_ && warned_.empty()) return current_;
  try {
    require_regular(now);
    current_ = load(files_);
    read_ = std::move(now);
    warned_.clear();
    log_->log(log_level::info, "TLS files changed", {{"certificate", files_.certificate}});
  } catch (const bad_configuration& error) {
    if (warned_ == error.what()) return current_;
    warned_ = error.what();
    log_->log(log_level::warn, "TLS files unusable", {{"why", warned_}});
  }
  return current_;
}

void server_tls_context::log_failed_handshake(const std::string& client,
                                              const error_code& error) noexcept {
  log_->log(log_level::info, "TLS handshake failed",
            {{"client", client}, {"error", error.message()}});
}

server_tls::server_tls(server_tls_files files, std::shared_ptr<log_sink> log)
    : context_(std::make_shared<server_tls_context>(std::move(files), std::move(log))) {}

}  // namespace tenure::wire
