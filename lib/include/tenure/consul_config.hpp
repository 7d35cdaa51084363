// Where Consul is and how to speak to it, as every Consul tool reads it from the environment.
#pragma once

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tenure/time.hpp>

namespace tenure {

/// A configuration that cannot work. what() is one line that names the value and the remedy.
class bad_configuration : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// How to reach Consul. Plain values; copy it as you like.
class consul_config {
 public:
  /// A Consul agent at `address`: "host:port", "http://host:port" or "unix:///path". Throws
  /// bad_configuration; https:// is refused until TLS is supported.
  explicit consul_config(std::string_view address = "127.0.0.1:8500");

  /// Reads CONSUL_HTTP_ADDR, CONSUL_HTTP_TOKEN, CONSUL_HTTP_TOKEN_FILE, CONSUL_HTTP_AUTH,
  /// CONSUL_HTTP_SSL, CONSUL_NAMESPACE and CONSUL_PARTITION. Throws bad_configuration for what
  /// cannot work, and for what asks for TLS.
  static consul_config from_environment();
  /// The same from any lookup; nothing stands for "not set".
  static consul_config from(
      const std::function<std::optional<std::string>(const char* name)>& variable);

  /// Replaces host, port and unix_path by another address.
  void set_address(std::string_view address);
  /// The address as one would write it into CONSUL_HTTP_ADDR; never a secret.
  std::string address() const;

  std::string host = "127.0.0.1";
  std::string port = "8500";
  std::string unix_path;  ///< not empty: a unix socket instead of host and port
  std::string token;      ///< sent as X-Consul-Token; never logged
  std::string basic_auth; ///< user:password; never logged
  std::string datacenter;
  std::string name_space;
  std::string partition;

  /// Connections of this process to Consul, all lanes together. Consul's default limit is 200 per
  /// client address, which the processes of one host share.
  std::size_t connections = 40;
  /// How long one request may take, waiting for a connection included.
  duration request_timeout = std::chrono::seconds(10);
};

}  // namespace tenure
