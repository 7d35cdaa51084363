// A real Consul server for one test: `consul agent -server` on free ports of the loopback
// interface, with its data in a temporary folder. The program is the one that TENURE_CONSUL names,
// or `consul` on the PATH. It ends with the object, and in any case with the
// process that started it.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

namespace tenure::test {

class consul_server_options {
 public:
  /// Consul's default is 200. This number plus 20 must be below RLIMIT_NOFILE.
  unsigned http_max_conns_per_client = 200;
  /// Whether SIGTERM makes it leave its cluster first, which takes about ten seconds.
  bool leave_on_terminate = false;
};

class consul_server {
 public:
  static bool installed();

  /// Returns when the server has a leader and accepts writes. Throws std::runtime_error if Consul
  /// is not installed or does not start, then with the end of its log.
  explicit consul_server(consul_server_options options = {});
  consul_server(const consul_server&) = delete;
  consul_server& operator=(const consul_server&) = delete;
  ~consul_server();

  /// The HTTP address: 127.0.0.1:port.
  const std::string& address() const noexcept { return address_; }
  const std::string& node_name() const noexcept { return node_name_; }
  /// What Consul reports of itself: 1.8.7.
  const std::string& version() const noexcept { return version_; }
  /// The answer of status/leader, without quotes.
  const std::string& advertised() const noexcept { return advertised_; }
  ::pid_t pid() const noexcept { return pid_; }
  /// Sends SIGTERM, and SIGKILL if the server does not exit in time.
  void stop();

 private:
  bool start(const consul_server_options& options);
  bool wait_until_ready();
  bool exited();
  std::string log_end() const;

  std::filesystem::path folder_;
  std::string version_;
  std::string node_name_ = "test-server";
  std::string address_;
  std::string advertised_;
  ::pid_t pid_ = -1;
};

}  // namespace tenure::test
