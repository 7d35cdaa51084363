// The embedded agent on a socket: the handler behind an HTTP server.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <tenure/time.hpp>
#include <tenure/toolkit/http_access.hpp>
#include <tenure/toolkit/server_tls.hpp>

#include "agent/handler.hpp"
#include "runtime/environment.hpp"

namespace tenure::agent {

class server_options {
 public:
  handler_options handler;
  /// The limits of connections, in all and per client address; 0: no limit.
  std::size_t connections = 16'000;
  std::size_t connections_per_address = 0;
  wire::http_access access;
  /// For `https://` addresses.
  std::optional<wire::server_tls_files> tls;
  /// The file for the index and the kind of the last stop. With it, the index starts at the file's
  /// or the time of day, whichever is greater, and after an unclean stop every acquisition fails
  /// "due to lock delay" for `unclean_lock_delay`. A stop is clean if no session lives then, and
  /// none has lost a lock for that long. Without the file, `handler` alone determines the start.
  std::optional<std::string> state_file;
  duration unclean_lock_delay = std::chrono::seconds(60);
};

/// Not thread-safe: runs on env.executor. Uses executor, timers, random and log of the environment.
class server {
 public:
  /// Throws boost::system::system_error that names the file of TLS or the state file if it cannot
  /// use it.
  server(runtime::environment env, server_options options);
  server(const server&) = delete;
  server& operator=(const server&) = delete;
  /// Closes all connections at once. Not a clean stop: see stop().
  ~server();

  /// `host:port` (port 0: any free one), `[v6]:port`, `https://host:port` or `unix:///path`. Each
  /// call adds an address. Returns the port; 0 for a unix socket. Throws
  /// boost::system::system_error that names the address or the state file.
  unsigned short listen(const std::string& address);
  /// Of the first TCP address.
  unsigned short port() const noexcept;
  /// The first TCP address for local clients: `127.0.0.1:port` or `https://127.0.0.1:port`.
  std::string address() const;

  /// Stops as Consul does: accepts no more requests, answers parked queries with an unchanged index
  /// and closes each connection after its response. That takes some turns of the io_context;
  /// connections() counts the open ones. Writes the state file.
  void stop();

  std::size_t connections() const noexcept;
  std::size_t parked() const noexcept;
  std::size_t sessions() const noexcept;
  std::uint64_t index() const noexcept;

 private:
  class implementation;
  std::unique_ptr<implementation> implementation_;
};

}  // namespace tenure::agent
