#include "tenure/doctor/tls_probe.hpp"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <filesystem>
#include <memory>

#include "tenure/doctor/waiting.hpp"

namespace tenure::doctor {
namespace {

using ssl_ptr = std::unique_ptr<SSL, decltype(&::SSL_free)>;
using context_ptr = std::unique_ptr<SSL_CTX, decltype(&::SSL_CTX_free)>;

std::string last_error() {
  const unsigned long code = ::ERR_get_error();
  const char* const reason = code == 0 ? nullptr : ::ERR_reason_error_string(code);
  ::ERR_clear_error();
  return reason == nullptr ? "the server closed the connection" : reason;
}

// As the library chooses it.
std::string name_for(const consul_config& config) {
  const std::string& named = config.tls()->server_name();
  if (!named.empty()) return named;
  return config.unix_path().empty() ? config.host() : "localhost";
}

bool is_address(const std::string& name) {
  unsigned char bytes[16];
  return ::inet_pton(AF_INET, name.c_str(), bytes) == 1 ||
         ::inet_pton(AF_INET6, name.c_str(), bytes) == 1;
}

void trust(SSL_CTX* context, const consul_tls& how) {
  if (!how.ca_file().empty()) {
    ::SSL_CTX_load_verify_locations(context, how.ca_file().c_str(), nullptr);
  } else if (!how.ca_path().empty()) {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(how.ca_path(), ignored))
      ::SSL_CTX_load_verify_locations(context, entry.path().c_str(), nullptr);
  } else {
    ::SSL_CTX_set_default_verify_paths(context);
  }
  if (how.client_cert().empty()) return;
  ::SSL_CTX_use_certificate_chain_file(context, how.client_cert().c_str());
  ::SSL_CTX_use_PrivateKey_file(context, how.client_key().c_str(), SSL_FILETYPE_PEM);
}

void read_times(const X509* certificate, tls_view& view) {
  const ASN1_TIME* const end = ::X509_get0_notAfter(certificate);
  const std::unique_ptr<BIO, decltype(&::BIO_free)> out(::BIO_new(::BIO_s_mem()), &::BIO_free);
  char text[64] = {};
  if (out && ::ASN1_TIME_print(out.get(), end) == 1) {
    const int size = ::BIO_read(out.get(), text, sizeof text - 1);
    if (size > 0) view.valid_until.assign(text, static_cast<std::size_t>(size));
  }
  int days = 0;
  int seconds = 0;
  if (::ASN1_TIME_diff(&days, &seconds, nullptr, end) == 1)
    view.days_left = seconds < 0 && days == 0 ? -1 : days;
}

void judge(SSL* ssl, tls_view& view) {
  const long result = ::SSL_get_verify_result(ssl);
  view.wrong_name =
      result == X509_V_ERR_HOSTNAME_MISMATCH || result == X509_V_ERR_IP_ADDRESS_MISMATCH;
  switch (result) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_UNTRUSTED:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      view.unknown_authority = true;
      break;
    default:
      break;
  }
  if (result != X509_V_OK) view.rejected = ::X509_verify_cert_error_string(result);
  const std::unique_ptr<X509, decltype(&::X509_free)> shown(::SSL_get1_peer_certificate(ssl),
                                                            &::X509_free);
  if (shown) read_times(shown.get(), view);
}

}  // namespace

tls_view look_at_tls(int socket, const consul_config& config, time_point end) {
  tls_view view;
  view.name = name_for(config);
  ::ERR_clear_error();
  const context_ptr context(::SSL_CTX_new(::TLS_client_method()), &::SSL_CTX_free);
  if (context) trust(context.get(), *config.tls());
  const ssl_ptr made(context ? ::SSL_new(context.get()) : nullptr, &::SSL_free);
  SSL* const tls = made.get();
  if (tls == nullptr) {
    view.failed = last_error();
    return view;
  }
  ::ERR_clear_error();
  ::SSL_set_verify(tls, SSL_VERIFY_NONE, nullptr);
  ::SSL_set_hostflags(tls, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  if (is_address(view.name)) {
    ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(tls), view.name.c_str());
  } else {
    ::SSL_set1_host(tls, view.name.c_str());
    SSL_set_tlsext_host_name(tls, view.name.c_str());
  }
  ::SSL_set_fd(tls, socket);
  for (;;) {
    const int done = ::SSL_connect(tls);
    if (done == 1) break;
    const int why = ::SSL_get_error(tls, done);
    const bool reads = why == SSL_ERROR_WANT_READ;
    if (!reads && why != SSL_ERROR_WANT_WRITE) {
      const unsigned long code = ::ERR_peek_error();
      const int reason = ERR_GET_REASON(code);
      view.speaks_plain =
          reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_PACKET_LENGTH_TOO_LONG;
      view.failed = last_error();
      return view;
    }
    if (!wait_for(socket, reads ? direction::read : direction::write, end)) {
      view.failed = "no answer to the handshake in time";
      return view;
    }
  }
  view.protocol = ::SSL_get_version(tls);
  judge(tls, view);
  return view;
}

tls_view look_at_certificate(const std::string& file) {
  tls_view view;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> in(std::fopen(file.c_str(), "re"),
                                                           &std::fclose);
  if (!in) return view;
  const std::unique_ptr<X509, decltype(&::X509_free)> shown(
      ::PEM_read_X509(in.get(), nullptr, nullptr, nullptr), &::X509_free);
  if (shown) read_times(shown.get(), view);
  ::ERR_clear_error();
  return view;
}

}  // namespace tenure::doctor
