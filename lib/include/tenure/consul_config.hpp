// Where Consul is and how to speak to it, as every Consul tool reads it from the environment.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tenure/bad_configuration.hpp>
#include <tenure/consul_access.hpp>
#include <tenure/consul_tls.hpp>
#include <tenure/log.hpp>
#include <tenure/time.hpp>
#include <utility>

namespace tenure {

/// How to reach Consul. Set by chained calls, read by functions of the same names. Plain values;
/// copy it as you like.
class consul_config {
 public:
  /// A Consul agent at `address`: "host:port", "http://host:port", "https://host:port" or
  /// "unix:///path". Throws bad_configuration.
  explicit consul_config(std::string_view address = "127.0.0.1:8500");

  /// Reads CONSUL_HTTP_ADDR, CONSUL_HTTP_TOKEN, CONSUL_HTTP_TOKEN_FILE, CONSUL_HTTP_AUTH,
  /// CONSUL_HTTP_SSL, CONSUL_HTTP_SSL_VERIFY, CONSUL_CACERT, CONSUL_CAPATH, CONSUL_CLIENT_CERT,
  /// CONSUL_CLIENT_KEY, CONSUL_TLS_SERVER_NAME, CONSUL_NAMESPACE and CONSUL_PARTITION. Throws
  /// bad_configuration for what cannot work. A token file is followed as by token_from_file(), with
  /// its warnings in `log`; as in every Consul tool it wins over CONSUL_HTTP_TOKEN as soon as it
  /// holds a token.
  [[nodiscard]] static consul_config from_environment(
      std::shared_ptr<log_sink> log = silent_log());
  /// The same from any lookup, which returns nothing for a variable that is not set.
  [[nodiscard]] static consul_config from(
      const std::function<std::optional<std::string>(const char* name)>& variable,
      std::shared_ptr<log_sink> log = silent_log());

  /// Replaces the address. https:// turns TLS on; no address turns it off. Throws
  /// bad_configuration.
  consul_config& address(std::string_view address);
  /// Speaks TLS, whatever the scheme of the address. A file that is missing or unreadable throws
  /// bad_configuration when an object is made with this configuration.
  consul_config& tls(consul_tls how);
  /// Rights, tenancy and datacenter of all requests.
  consul_config& access(consul_access who) {
    access_ = std::move(who);
    return *this;
  }
  /// The token alone, see consul_access::token().
  consul_config& token(std::string secret) {
    access_.token(std::move(secret));
    return *this;
  }
  /// A token that may change, such as token_from_file(): each request asks for the one of now.
  consul_config& token(std::shared_ptr<token_source> source) {
    access_.token(std::move(source));
    return *this;
  }
  /// user:password of HTTP's basic authentication. Never logged.
  consul_config& basic_auth(std::string user_and_password) {
    basic_auth_ = std::move(user_and_password);
    return *this;
  }
  /// The most connections to Consul of each object that is made with this configuration: an
  /// elections object, consul_connections, agent_services, a delegate. Default: 40. Consul's
  /// default limit is 200 per client address, which the processes of one host share.
  consul_config& connections(std::size_t most) {
    connections_ = most;
    return *this;
  }
  /// How long one request may take, waiting for a connection included. Default: 10 s.
  consul_config& request_timeout(duration d) {
    request_timeout_ = d;
    return *this;
  }

  /// The address as one would write it into CONSUL_HTTP_ADDR; never a secret.
  std::string address() const;
  /// Of a TCP address.
  const std::string& host() const noexcept { return host_; }
  /// Of a TCP address, in digits or as a name.
  const std::string& port() const noexcept { return port_; }
  /// Not empty: a unix socket instead of host and port.
  const std::string& unix_path() const noexcept { return unix_path_; }
  /// Nothing: plain HTTP.
  const std::optional<consul_tls>& tls() const noexcept { return tls_; }
  const consul_access& access() const noexcept { return access_; }  ///< as set
  /// The token for a request that begins now.
  std::string token() const { return access_.token(); }
  const std::string& basic_auth() const noexcept { return basic_auth_; }  ///< as set; empty: none
  std::size_t connections() const noexcept { return connections_; }       ///< as set
  duration request_timeout() const noexcept { return request_timeout_; }  ///< as set

 private:
  void set_default_port();

  std::string host_ = "127.0.0.1";
  std::string port_ = "8500";
  std::string unix_path_;
  bool any_port_ = false;  ///< the address names none
  std::optional<consul_tls> tls_;
  consul_tls tls_of_https_;  ///< what an https:// address turns on
  consul_access access_;
  std::string basic_auth_;
  std::size_t connections_ = 40;
  duration request_timeout_ = std::chrono::seconds(10);
};

}  // namespace tenure
