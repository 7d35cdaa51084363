#include "support/tls_probe.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <array>
#include <csignal>
#include <stdexcept>
#include <utility>

namespace tenure::test {
namespace {

[[noreturn]] void fail(const char* what) {
  const char* const reason = ERR_reason_error_string(ERR_get_error());
  ERR_clear_error();
  throw std::runtime_error(std::string(what) + ": " + (reason != nullptr ? reason : "closed"));
}

std::unique_ptr<BIO, int (*)(BIO*)> memory(const std::string& text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free};
}

}  // namespace

tls_client::tls_client(version speaks)
    : context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL raises it
  if (speaks == version::tls_1_2) {
    SSL_CTX_set_max_proto_version(context_.get(), TLS1_2_VERSION);
  }
}

void tls_client::show(const key_pair& mine) {
  const std::unique_ptr<X509, void (*)(X509*)> certificate(
      PEM_read_bio_X509(memory(mine.cert).get(), nullptr, nullptr, nullptr), X509_free);
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(
      PEM_read_bio_PrivateKey(memory(mine.key).get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  SSL_CTX_use_certificate(context_.get(), certificate.get());
  SSL_CTX_use_PrivateKey(context_.get(), key.get());
}

tls_probe::tls_probe(const std::string& address, const tls_client& client,
                     std::shared_ptr<SSL_SESSION> resumed)
    : socket_(address), ssl_(SSL_new(client.context().get()), SSL_free) {
  if (resumed) SSL_set_session(ssl_.get(), resumed.get());
  SSL_set_fd(ssl_.get(), socket_.descriptor());
  ERR_clear_error();
  if (SSL_connect(ssl_.get()) != 1) fail("no handshake");
}

void tls_probe::send_raw(std::string_view bytes) {
  ERR_clear_error();
  std::size_t sent = 0;
  if (SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent) != 1) fail("not sent");
}

std::string tls_probe::get(const std::string& target) {
  send_raw("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const std::string head = read_until("\r\n\r\n");
  constexpr std::string_view length = "Content-Length: ";
  return read(std::stoul(head.substr(head.find(length) + length.size())));
}

bool tls_probe::fill() {
  std::array<char, 16384> part;
  std::size_t got = 0;
  ERR_clear_error();
  if (SSL_read_ex(ssl_.get(), part.data(), part.size(), &got) != 1) return false;
  buffer_.append(part.data(), got);
  return true;
}

std::string tls_probe::read_until(std::string_view end) {
  std::size_t at = 0;
  while ((at = buffer_.find(end)) == std::string::npos) {
    if (!fill()) fail("not received");
  }
  return read(at + end.size());
}

std::string tls_probe::read(std::size_t size) {
  while (buffer_.size() < size) {
    if (!fill()) fail("not received");
  }
  std::string bytes = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return bytes;
}

std::string tls_probe::read_to_end() {
  while (fill()) {
  }
  return std::exchange(buffer_, {});
}

bool tls_probe::ended_cleanly() const {
  return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
}

void tls_probe::close_notify() { SSL_shutdown(ssl_.get()); }

std::string tls_probe::server_name() const {
  const std::unique_ptr<X509, void (*)(X509*)> certificate(SSL_get1_peer_certificate(ssl_.get()),
                                                           X509_free);
  std::array<char, 100> name{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, name.data(),
                            static_cast<int>(name.size()));
  return name.data();
}

bool tls_probe::was_resumed() const { return SSL_session_reused(ssl_.get()) == 1; }

std::shared_ptr<SSL_SESSION> tls_probe::session() const {
  return {SSL_get1_session(ssl_.get()), SSL_SESSION_free};
}

}  // namespace tenure::test
