// The addresses that a server listens on, as people write them, and the addresses of its clients.
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <string>
#include <string_view>
#include <tenure/error.hpp>

namespace tenure::wire {

inline constexpr std::string_view unix_scheme = "unix://";

/// Throws boost::system::system_error: "cannot listen on ADDRESS" and why.
[[noreturn]] void cannot_listen(const std::string& address, error_code why);

/// Of an address without a listen_mistake(); without a host all addresses. Resolves a name
/// synchronously: a program listens when it starts. Throws as cannot_listen() does.
boost::asio::generic::stream_protocol::endpoint listen_endpoint(const std::string& address);

/// Whether only this machine reaches the address. A unix socket is none.
bool is_loopback(const boost::asio::generic::stream_protocol::endpoint& address);

/// Removes a socket file on which no process listens; leaves any other file alone.
void remove_dead_socket(const std::string& path);

/// The IP address without its port, as bytes; empty for a unix socket.
std::string address_bytes(const boost::asio::generic::stream_protocol::endpoint& peer);
/// The IP address without its port, as text; empty for a unix socket.
std::string address_text(const boost::asio::generic::stream_protocol::endpoint& peer);

}  // namespace tenure::wire
