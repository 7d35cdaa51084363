// A real Consul server of this test's own: `consul agent -server` on free ports of the loopback
// interface, with its data in a temporary folder. It ends with the object, or with the process
// that made it, whatever happens to that.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

namespace tenure::test {

class consul_server_options {
 public:
  /// Consul's own default is 200. Together with 20 more it must fit into RLIMIT_NOFILE.
  unsigned http_max_conns_per_client = 200;
  /// Whether SIGTERM makes it leave its cluster first, which takes some ten seconds.
  bool leave_on_terminate = false;
};

class consul_server {
 public:
  /// Whether there is a `consul` on the PATH.
  static bool installed();

  /// Returns when it has a leader and takes writes. Throws std::runtime_error with the end of its
  /// log where it does not come up, and where it is not installed.
  explicit consul_server(consul_server_options options = {});
  consul_server(const consul_server&) = delete;
  consul_server& operator=(const consul_server&) = delete;
  ~consul_server();

  /// Of its HTTP interface: 127.0.0.1:port.
  const std::string& address() const noexcept { return address_; }
  const std::string& node_name() const noexcept { return node_name_; }
  /// What status/leader answers, without quotes.
  const std::string& advertised() const noexcept { return advertised_; }
  ::pid_t pid() const noexcept { return pid_; }
  /// SIGTERM, and SIGKILL where it takes too long.
  void stop();

 private:
  bool start(const consul_server_options& options);
  bool wait_until_ready();
  bool exited();
  std::string log_end() const;

  std::filesystem::path folder_;
  std::string node_name_ = "test-server";
  std::string address_;
  std::string advertised_;
  ::pid_t pid_ = -1;
};

}  // namespace tenure::test
