#include "wire/listen_address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/system/system_error.hpp>

#include "text/host_port.hpp"

namespace tenure::wire {

namespace asio = boost::asio;
using protocol = asio::generic::stream_protocol;

void cannot_listen(const std::string& address, error_code why) {
  // Without the source location in Asio, which does not help a user.
  const error_code plain(why.value(), why.category());
  throw boost::system::system_error(plain, "cannot listen on " + address);
}

protocol::endpoint listen_endpoint(const std::string& address) {
  const auto parts = text::split_host_port(address);
  if (!parts || !text::parse_port(parts->port)) {
    cannot_listen(address + " (write HOST:PORT, with a port from 0 to 65535)",
                  asio::error::invalid_argument);
  }
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
