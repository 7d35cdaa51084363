// Addresses as people write them: HOST:PORT, with an IPv6 address in brackets.
//
// Not by Boost.URL's parse_authority: it refuses zone identifiers ([fe80::1%25eth0]:8500), it does
// not limit ports to 65535, and its errors ("leftover", "mismatch") do not say what is wrong, so
// that the text would have to be taken apart a second time for the message.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tenure::text {

struct host_port {
  std::string_view host;  ///< without its brackets; may be empty
  std::string_view port;
};

/// Splits at the last colon; nothing where `address` has none.
std::optional<host_port> split_host_port(std::string_view address) noexcept;
std::string join_host_port(std::string_view host, std::string_view port);

/// A number of one to five decimal digits; nothing where it exceeds 65535 or is not one.
std::optional<std::uint16_t> parse_port(std::string_view digits) noexcept;

}  // namespace tenure::text
