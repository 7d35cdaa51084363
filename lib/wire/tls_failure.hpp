// Why TLS failed, for people: one line with the remedy.
#pragma once

#include <string>
#include <tenure/error.hpp>

#include "wire/tls_channel.hpp"

namespace tenure::wire {

/// An error of TLS itself, not of the network below it.
bool is_tls_error(const error_code& error) noexcept;

/// The server rejects the client's certificate, or misses one. With TLS 1.3 a client learns it
/// after its handshake.
bool rejects_certificate(const error_code& error) noexcept;

/// What `error` of this channel means, in the handshake or because of a certificate. `server_name`
/// is the name that the server's certificate must have.
std::string explain_tls(const tls_channel& tls, const error_code& error,
                        const std::string& server_name);

}  // namespace tenure::wire
