#include "wire/tls_failure.hpp"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>
#include <cstring>
#include <memory>
#include <string_view>

namespace tenure::wire {
namespace {

namespace asio = boost::asio;

// The alert that the peer sent; 0: none.
int alert_of(const error_code& error) noexcept {
  if (!is_tls_error(error)) return 0;
  const auto code = static_cast<unsigned long>(static_cast<unsigned>(error.value()));
  const int reason = ERR_GET_REASON(code);
  return ERR_GET_LIB(code) == ERR_LIB_SSL && reason > SSL_AD_REASON_OFFSET
             ? reason - SSL_AD_REASON_OFFSET
             : 0;
}

std::string reason_text(const error_code& error) {
  const auto code = static_cast<unsigned long>(static_cast<unsigned>(error.value()));
  const char* const reason = ::ERR_reason_error_string(code);
  const std::string_view text = reason == nullptr ? "unknown reason" : reason;
  const auto alert = text.find("alert ");  // "tlsv1 alert unknown ca"
  return std::string(alert == text.npos ? text : text.substr(alert));
}

std::string time_text(const ASN1_TIME* time) {
  const std::unique_ptr<BIO, decltype(&::BIO_free)> out(::BIO_new(::BIO_s_mem()), &::BIO_free);
  char text[64] = {};
  if (!out || ::ASN1_TIME_print(out.get(), time) != 1) return "an unknown time";
  const int size = ::BIO_read(out.get(), text, sizeof text - 1);
  return std::string(text, size > 0 ? static_cast<std::size_t>(size) : 0);
}

std::string address_text(const ASN1_OCTET_STRING* bytes) {
  const unsigned char* const data = ::ASN1_STRING_get0_data(bytes);
  if (::ASN1_STRING_length(bytes) == 4) {
    asio::ip::address_v4::bytes_type v4;
    std::memcpy(v4.data(), data, v4.size());
    return asio::ip::address_v4(v4).to_string();
  }
  if (::ASN1_STRING_length(bytes) == 16) {
    asio::ip::address_v6::bytes_type v6;
    std::memcpy(v6.data(), data, v6.size());
    return asio::ip::address_v6(v6).to_string();
  }
  return "?";
}

// The names and addresses that the certificate is for, the first few.
std::string names_of(const X509* certificate) {
  const std::unique_ptr<GENERAL_NAMES, decltype(&::GENERAL_NAMES_free)> names(
      static_cast<GENERAL_NAMES*>(
          ::X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      &::GENERAL_NAMES_free);
  std::string list;
  constexpr int most = 6;
  const int count = names ? sk_GENERAL_NAME_num(names.get()) : 0;
  for (int i = 0; i < count && i < most; ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    std::string text;
    if (name->type == GEN_DNS) {
      const auto size = static_cast<std::size_t>(::ASN1_STRING_length(name->d.dNSName));
      const auto* const data =
          reinterpret_cast<const char*>(::ASN1_STRING_get0_data(name->d.dNSName));
      text.assign(data, size);
    } else if (name->type == GEN_IPADD) {
      text = address_text(name->d.iPAddress);
    } else {
      continue;
    }
    list += (list.empty() ? "" : ", ") + text;
  }
  if (count > most) list += ", ...";
  return list;
}

// The server's certificate, whether it was accepted or not; may be null.
const X509* server_certificate(const tls_channel& tls) noexcept {
  const STACK_OF(X509)* const chain = ::SSL_get0_verified_chain(tls.native());
  return chain != nullptr && sk_X509_num(chain) > 0 ? sk_X509_value(chain, 0) : nullptr;
}

std::string explain_certificate(const tls_channel& tls, const std::string& server_name) {
  const long result = ::SSL_get_verify_result(tls.native());
  const std::string text = ::X509_verify_cert_error_string(result);
  const X509* const shown = server_certificate(tls);
  switch (result) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: {
      const std::string names = shown == nullptr ? "" : names_of(shown);
      return "the server's certificate is not for " + server_name +
             (names.empty() ? ", it names no host" : ", it is for " + names) +
             ": set CONSUL_TLS_SERVER_NAME to a name that it has";
    }
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "a certificate of the server has expired" +
             (shown == nullptr ? ""
                               : " (its own is valid until " +
                                     time_text(::X509_get0_notAfter(shown)) + ")") +
             ": renew it, or check the clock of this host";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "a certificate of the server is not valid yet" +
             (shown == nullptr ? ""
                               : " (its own is valid from " +
                                     time_text(::X509_get0_notBefore(shown)) + ")") +
             ": check the clock of this host";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    case X509_V_ERR_CERT_UNTRUSTED:
      return "no trusted CA signed the server's certificate (" + text +
             "): name the file of its CA in CONSUL_CACERT";
    default:
      return "the server's certificate is not accepted (" + text +
             "): correct the certificate, or the CA files that CONSUL_CACERT and CONSUL_CAPATH "
             "name";
  }
}

std::string explain_alert(const tls_channel& tls, const error_code& error, int alert,
                          const std::string& server_name) {
  const bool shown = ::SSL_get_certificate(tls.native()) != nullptr;
  const std::string reason = reason_text(error);
  if (alert == SSL_AD_UNRECOGNIZED_NAME)
    return "the server does not know the name " + server_name + " (" + reason +
           "): set CONSUL_TLS_SERVER_NAME";
  if (alert == SSL_AD_PROTOCOL_VERSION)
    return "the server refuses TLS 1.2 and 1.3 (" + reason + "): let it speak one of them";
  const bool certificate = rejects_certificate(error);
  if (!certificate && (shown || alert != SSL_AD_HANDSHAKE_FAILURE))
    return "the server refuses the TLS handshake (" + reason + "): see its log";
  if (shown)
    return "the server rejects the client certificate (" + reason +
           "): name one that is valid and signed by its CA in CONSUL_CLIENT_CERT and "
           "CONSUL_CLIENT_KEY";
  return "the server demands a client certificate (" + reason +
         "): name one in CONSUL_CLIENT_CERT and CONSUL_CLIENT_KEY";
}

}  // namespace

bool is_tls_error(const error_code& error) noexcept {
  return error.category() == asio::error::get_ssl_category();
}

bool rejects_certificate(const error_code& error) noexcept {
  switch (alert_of(error)) {
    case SSL_AD_NO_CERTIFICATE:
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_REVOKED:
    case SSL_AD_CERTIFICATE_EXPIRED:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_UNKNOWN_CA:
    case SSL_AD_ACCESS_DENIED:
    case SSL_AD_CERTIFICATE_REQUIRED:
      return true;
    default:
      return false;
  }
}

std::string explain_tls(const tls_channel& tls, const error_code& error,
                        const std::string& server_name) {
  if (tls.peer_speaks_http())
    return "the server speaks plain HTTP on this port: use its HTTPS port, or http:// without "
           "CONSUL_HTTP_SSL";
  if (!is_tls_error(error))
    return "the connection failed in the TLS handshake (" + error.message() +
           "): does this port speak TLS, and has this host fewer connections to Consul than its "
           "limit (200 unless configured)?";
  if (const int alert = alert_of(error); alert != 0)
    return explain_alert(tls, error, alert, server_name);
  const auto code = static_cast<unsigned long>(static_cast<unsigned>(error.value()));
  switch (ERR_GET_REASON(code)) {
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
      return explain_certificate(tls, server_name);
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_UNEXPECTED_MESSAGE:
      return "the server does not answer in TLS on this port (" + reason_text(error) +
             "): use its HTTPS port";
    default:
      return "the TLS handshake failed (" + reason_text(error) + "): see the server's log";
  }
}

}  // namespace tenure::wire
