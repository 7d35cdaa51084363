#include "text/host_port.hpp"

#include <algorithm>
#include <charconv>
#include <tenure/toolkit/ascii.hpp>

namespace tenure::text {

std::optional<host_port> split_host_port(std::string_view address) noexcept {
  const std::size_t colon = address.rfind(':');
  if (colon == address.npos) return std::nullopt;
  std::string_view host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return host_port{host, address.substr(colon + 1)};
}

std::string join_host_port(std::string_view host, std::string_view port) {
  const bool v6 = host.find(':') != host.npos;
  std::string out;
  if (v6) out += '[';
  out += host;
  if (v6) out += ']';
  out += ':';
  out += port;
  return out;
}

std::optional<std::uint16_t> parse_port(std::string_view digits) noexcept {
  if (digits.empty() || digits.size() > 5 || !std::ranges::all_of(digits, is_digit))
    return std::nullopt;
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc()) return std::nullopt;  // too large
  return port;
}

}  // namespace tenure::text
