// The HTTP client and a server of the test with TLS between them.
#pragma once

#include <openssl/ssl.h>

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>
#include <tenure/consul_tls.hpp>
#include <utility>
#include <vector>

#include "component/http_client_fixture.hpp"
#include "support/certificates.hpp"

namespace tenure::test {

/// Keeps the lines: their text and their first field.
class line_log final : public log_sink {
 public:
  bool enabled(log_level) const noexcept override { return true; }
  void write(log_level level, std::string_view message,
             std::span<const log_field> fields) noexcept override {
    lines.push_back(std::string(to_string(level)) + ' ' + std::string(message));
    if (!fields.empty()) lines.back() += ": " + std::string(fields.front().value());
  }
  std::vector<std::string> lines;
};

/// What a server shows and demands.
struct server_identity {
  key_pair own;
  std::string client_ca = {};  ///< not empty: clients must show a certificate of this authority
  int version = 0;        ///< of TLS; 0: any
};

inline std::shared_ptr<boost::asio::ssl::context> make_server_context(const server_identity& who) {
  namespace ssl = boost::asio::ssl;
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  context->use_certificate_chain(boost::asio::buffer(who.own.cert));
  context->use_private_key(boost::asio::buffer(who.own.key), ssl::context::pem);
  const unsigned char id[] = "test";
  ::SSL_CTX_set_session_id_context(context->native_handle(), id, sizeof id);
  if (!who.client_ca.empty()) {
    context->add_certificate_authority(boost::asio::buffer(who.client_ca));
    context->set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
  }
  if (who.version != 0) {
    SSL_CTX_set_min_proto_version(context->native_handle(), who.version);
    SSL_CTX_set_max_proto_version(context->native_handle(), who.version);
  }
  return context;
}

class tls_fixture : public client_fixture {
 public:
  explicit tls_fixture(loopback_server::script each) : client_fixture(std::move(each)) {
    serve(good());
    use(trusting());
  }

  /// A certificate for the server's address.
  server_identity good() const {
    return {.own = authority.issue({.names = {"localhost"}, .addresses = {"127.0.0.1"}})};
  }
  void serve(const server_identity& who) { server.secure(make_server_context(who)); }
  /// Settings that trust the authority.
  consul_tls trusting() const {
    return consul_tls().ca_file(folder.write("ca.pem", authority.cert()));
  }
  consul_tls showing(const key_pair& certificate) const {
    return trusting()
        .client_cert(folder.write("client.pem", certificate.cert))
        .client_key(folder.write("client.key", certificate.key));
  }
  consul_config config(consul_tls how) const {
    return consul_config(server.address()).tls(std::move(how));
  }
  /// The client begins anew, with these settings.
  void use(consul_tls how, wire::lane_limits limits = wire::lane_limits(2, 2, 2)) {
    client = make_client(config(std::move(how)), limits, log);
  }

  certificate_authority authority;
  scratch_folder folder;
  std::shared_ptr<line_log> log = std::make_shared<line_log>();
};

}  // namespace tenure::test
