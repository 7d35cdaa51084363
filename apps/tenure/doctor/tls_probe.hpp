// One TLS handshake, to see which certificate the server shows and what is wrong with it.
#pragma once

#include <string>
#include <tenure/consul_config.hpp>
#include <tenure/time.hpp>

namespace tenure::doctor {

struct tls_view {
  std::string failed;         ///< why there was no handshake; empty: there was one
  bool speaks_plain = false;  ///< the server does not answer in TLS
  std::string protocol;       ///< "TLSv1.3"
  std::string name;           ///< that the certificate must have
  std::string rejected;       ///< why the certificate is not accepted; empty: it is
  bool wrong_name = false;    ///< which is that reason
  bool unknown_authority = false;
  std::string valid_until;    ///< as OpenSSL writes it
  long days_left = 0;         ///< below zero: it has expired
};

/// A handshake on a connected socket, which does not block, by `end`. It accepts any certificate
/// and sends nothing after the handshake.
tls_view look_at_tls(int socket, const consul_config& config, time_point end);

/// The certificate that this process shows. An empty `valid_until`: the file has none.
tls_view look_at_certificate(const std::string& file);

}  // namespace tenure::doctor
