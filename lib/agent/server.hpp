// The embedded agent on a socket: the handler behind an HTTP server.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <tenure/time.hpp>

#include "agent/handler.hpp"
#include "runtime/environment.hpp"

namespace tenure::agent {

class server_options {
 public:
  handler_options handler;
  /// How many connections one client address may have; 0: any number.
  std::size_t connections_per_address = 0;
  /// Where the index and the manner of the last stop are kept. With it, the index begins at what
  /// was kept or the time of day, whichever is greater, and after an unclean stop every
  /// acquisition is answered "due to lock delay" for `unclean_lock_delay`. Without it, `handler`
  /// alone says how the agent starts.
  std::optional<std::string> state_file;
  duration unclean_lock_delay = std::chrono::seconds(60);
};

/// One thread: that of services.executor. Uses executor, timers, entropy and log.
class server {
 public:
  /// Throws boost::system::system_error that names the state file where it cannot be used.
  server(runtime::environment services, server_options options);
  server(const server&) = delete;
  server& operator=(const server&) = delete;
  /// Closes all connections at once. Not a clean stop: see stop().
  ~server();

  /// `host:port` (port 0: any free one), `[v6]:port` or `unix:///path`; more than one may be
  /// given, one call each. Throws boost::system::system_error that names the address or the state
  /// file.
  void listen(const std::string& address);
  /// Of the first TCP address.
  unsigned short port() const noexcept;
  /// Where clients reach it: `127.0.0.1:port`.
  std::string address() const;

  /// As Consul does when it is told to stop: takes nothing new, answers parked queries with an
  /// unchanged index, and closes each connection when its answer is written, which takes some
  /// turns of the io_context; connections() says how many are left. Keeps the state.
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
