#include "wire/listen_address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/system/system_error.hpp>
#include <tenure/toolkit/ascii.hpp>
#include <tenure/toolkit/http_server.hpp>

#include "text/host_port.hpp"

namespace tenure::wire {

namespace asio = boost::asio;
using protocol = asio::generic::stream_protocol;

void cannot_listen(const std::string& address, error_code why) {
  // Without the source location in Asio, which does not help a user.
  const error_code plain(why.value(), why.category());
  throw boost::system::system_error(plain, "cannot listen on " + address);
}

std::string listen_mistake(std::string_view address) {
  if (address.starts_with(unix_scheme)) {
    constexpr std::size_t longest = sizeof(sockaddr_un::sun_path) - 1;
    const std::size_t size = address.size() - unix_scheme.size();
    // Linux would choose a name for a socket without a path, which no client knows.
    if (size >= 1 && size <= longest) return {};
    return "write unix://PATH, with a path of 1 to " + std::to_string(longest) + " bytes";
  }
  const std::size_t colon = address.rfind(':');
  if (colon == address.npos || !text::parse_port(address.substr(colon + 1)))
    return "write HOST:PORT, with a port from 0 to 65535";
  const std::string_view host = address.substr(0, colon);
  const auto consists_of = [](std::string_view name, std::string_view marks) {
    return std::ranges::all_of(name, [marks](char c) {
      return text::is_letter_or_digit(c) || marks.find(c) != marks.npos;
    });
  };
  if (host.starts_with('[') || host.find(':') != host.npos) {
    const bool in_brackets = host.size() > 2 && host.starts_with('[') && host.ends_with(']');
    if (in_brackets && consists_of(host.substr(1, host.size() - 2), ":.%-_")) return {};
    return "write an IPv6 address in brackets, such as [::1]:8080";
  }
  return consists_of(host, ".-_") ? "" : "write HOST:PORT, where HOST is an address or a name";
}

protocol::endpoint listen_endpoint(const std::string& address) {
  const auto parts = text::split_host_port(address);
  const std::string_view host = parts->host.empty() ? "0.0.0.0" : parts->host;
  asio::io_context io;
  error_code error;
  const auto found = asio::ip::tcp::resolver(io).resolve(host, parts->port, error);
  if (error) cannot_listen(address, error);
  return found.begin()->endpoint();
}

void remove_dead_socket(const std::string& path) {
  struct ::stat found {};
  if (::lstat(path.c_str(), &found) != 0) return;
  if (!S_ISSOCK(found.st_mode))
    cannot_listen("unix://" + path + " (it is no socket: name another file)",
                  make_error_code(boost::system::errc::file_exists));
  asio::io_context io;
  asio::local::stream_protocol::socket probe(io);
  error_code refused;
  probe.connect(asio::local::stream_protocol::endpoint(path), refused);
  if (refused == asio::error::connection_refused) ::unlink(path.c_str());
}

std::string address_bytes(const protocol::endpoint& peer) {
  const auto* data = reinterpret_cast<const char*>(peer.data());
  if (peer.protocol().family() == AF_INET && peer.size() >= sizeof(sockaddr_in)) {
    return std::string(data + offsetof(sockaddr_in, sin_addr), sizeof(in_addr));
  }
  if (peer.protocol().family() == AF_INET6 && peer.size() >= sizeof(sockaddr_in6)) {
    const std::string bytes(data + offsetof(sockaddr_in6, sin6_addr), sizeof(in6_addr));
    const auto* const v6 = reinterpret_cast<const in6_addr*>(bytes.data());
    // A client of IPv4 at a socket for both.
    return IN6_IS_ADDR_V4MAPPED(v6) ? bytes.substr(bytes.size() - sizeof(in_addr)) : bytes;
  }
  return {};
}

bool is_loopback(const protocol::endpoint& address) {
  const std::string bytes = address_bytes(address);
  if (bytes.size() == sizeof(in_addr)) return bytes.front() == 127;
  return bytes == std::string(sizeof(in6_addr) - 1, '\0') + '\1';
}

std::string address_text(const protocol::endpoint& peer) {
  const std::string bytes = address_bytes(peer);
  char text[INET6_ADDRSTRLEN] = {};
  if (bytes.empty()) return {};
  const int family = bytes.size() == sizeof(in_addr) ? AF_INET : AF_INET6;
  ::inet_ntop(family, bytes.data(), text, sizeof text);
  return text;
}

}  // namespace tenure::wire
