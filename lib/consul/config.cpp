// Reads the configuration from the environment variables of Consul's tools. It refuses a value that
// cannot work by one line, which names the value and the remedy and never contains a secret.
//
// The address is parsed here and not by Boost.URL: see text/host_port.hpp.
#include <tenure/consul_config.hpp>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <tenure/toolkit/ascii.hpp>

#include "consul/check_config.hpp"
#include "consul/token_file.hpp"
#include "text/host_port.hpp"

namespace tenure {
namespace {

using variable_lookup = std::function<std::optional<std::string>(const char* name)>;

constexpr std::size_t longest_shown = 60;  // of a value that is too long

constexpr std::string_view expected_forms =
    "expected host:port, http://host:port, https://host:port or unix:///path/to/socket";

[[noreturn]] void refuse(std::string line) { throw bad_configuration(std::move(line)); }

std::string in_quotes(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) result += text::is_printable(c) ? c : '?';
  return result + "\"";
}

bool has_space_or_control(std::string_view text) noexcept {
  return std::ranges::any_of(text, [](char c) { return c == ' ' || text::is_control(c); });
}

// The port without leading zeros.
std::string checked_port(std::string_view port, std::string_view address) {
  const std::uint16_t number = text::parse_port(port).value_or(0);
  if (number == 0)
    refuse("the Consul address " + in_quotes(address) + " has the port " + in_quotes(port) +
           ": use a number from 1 to 65535");
  return std::to_string(number);
}

struct host_and_port {
  std::string host;
  std::string port;  // empty: none
};

// host, host:port, [v6]:port or :port.
host_and_port parse_host_and_port(std::string_view text, std::string_view address) {
  std::string_view host = text;
  std::optional<std::string_view> port;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos || end == 1)
      refuse("the Consul address " + in_quotes(address) + " has no IPv6 address in its brackets: " +
             "write it as [::1]:8500");
    host = text.substr(1, end - 1);
    const std::string_view rest = text.substr(end + 1);
    if (!rest.empty() && !rest.starts_with(':'))
      refuse("the Consul address " + in_quotes(address) + " goes on after its brackets: " +
             "write it as [::1]:8500");
    if (!rest.empty()) port = rest.substr(1);
  } else if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    if (text.find(':', colon + 1) != std::string_view::npos)
      refuse("the Consul address " + in_quotes(address) +
             " has more than one colon: write an IPv6 address in brackets, as [::1]:8500");
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
    if (host.empty()) host = "127.0.0.1";
  }
  if (host.empty()) refuse("the Consul address " + in_quotes(address) + " names no host: " +
                           std::string(expected_forms));
  constexpr std::size_t longest_name = 253;  // of DNS
  if (host.size() > longest_name)
    refuse("the Consul address " + in_quotes(address.substr(0, longest_shown)) +
           "... has a host of " + std::to_string(host.size()) + " characters: a host has at most " +
           std::to_string(longest_name));
  return {std::string(host), port ? checked_port(*port, address) : std::string()};
}

// As Go's strconv.ParseBool, by which Consul's tools read it.
bool parse_bool(const char* name, const std::string& text) {
  for (const char* yes : {"1", "t", "T", "TRUE", "true", "True"})
    if (text == yes) return true;
  for (const char* no : {"0", "f", "F", "FALSE", "false", "False"})
    if (text == no) return false;
  refuse(std::string(name) + " is " + in_quotes(text) + ": use true or false");
}

bool is_true(const char* name, const std::string& text, bool unless_set) {
  return text.empty() ? unless_set : parse_bool(name, text);
}

consul_tls tls_from(const std::function<std::string(const char* name)>& get) {
  return consul_tls()
      .ca_file(get("CONSUL_CACERT"))
      .ca_path(get("CONSUL_CAPATH"))
      .client_cert(get("CONSUL_CLIENT_CERT"))
      .client_key(get("CONSUL_CLIENT_KEY"))
      .server_name(get("CONSUL_TLS_SERVER_NAME"))
      .verify(is_true("CONSUL_HTTP_SSL_VERIFY", get("CONSUL_HTTP_SSL_VERIFY"), true));
}

// A secret becomes part of a header: without a line end, and not of any length.
void check_secret(const char* name, std::string_view secret) {
  const std::string why = consul::bad_secret(secret);
  if (!why.empty())
    refuse(std::string(name) + " " + why + ": use one line of at most " +
           std::to_string(consul::longest_secret) + " bytes");
}

// Consul's own names have at most 64 characters.
void check_name(const char* what, std::string_view name) {
  constexpr std::size_t longest = 255;
  if (name.size() <= longest) return;
  refuse(std::string(what) + " " + in_quotes(name.substr(0, longest_shown)) + "... has " +
         std::to_string(name.size()) + " bytes: it has at most " + std::to_string(longest));
}

}  // namespace

void consul_access::check() const {
  check_secret("the token", token_);
  check_name("the namespace", name_space_);
  check_name("the partition", partition_);
  check_name("the datacenter", datacenter_);
}

void consul::check_config(const consul_config& config) {
  config.access().check();
  check_secret("user:password of HTTP", config.basic_auth());
}

consul_config::consul_config(std::string_view where) { address(where); }

consul_config& consul_config::address(std::string_view address) {
  // Checked first, because messages show the address, and what is before an @ may be a password.
  const bool unix_socket = address.starts_with("unix://");
  const bool coded = address.find("%40") != std::string_view::npos;
  if ((coded || address.find('@') != std::string_view::npos) && !unix_socket)
    refuse(
        "the Consul address holds credentials (it is not shown): put user:password into "
        "CONSUL_HTTP_AUTH and leave them out of the address");
  if (address.find_first_of("?#") != std::string_view::npos && !unix_socket)
    refuse(
        "the Consul address has a query or a fragment, which may hold a token (it is not shown): "
        "leave it out, and put a token into CONSUL_HTTP_TOKEN");
  if (address.empty()) refuse("the Consul address is empty: " + std::string(expected_forms));
  if (has_space_or_control(address))
    refuse("the Consul address " + in_quotes(address) +
           " has spaces or control characters in it: " +
           std::string(expected_forms));

  std::string_view rest = address;
  bool secure = false;
  if (const auto scheme_end = address.find("://"); scheme_end != std::string_view::npos) {
    const std::string_view scheme = address.substr(0, scheme_end);
    rest = address.substr(scheme_end + 3);
    if (scheme == "unix") {
      constexpr std::size_t longest = 107;  // sun_path, less its terminator
      if (rest.empty() || rest.size() > longest)
        refuse("the Consul address " + in_quotes(address) + " has a path of " +
               std::to_string(rest.size()) + " characters: a unix socket's has 1 to " +
               std::to_string(longest));
      unix_path_ = rest;
      return *this;
    }
    secure = scheme == "https";
    if (!secure && scheme != "http")
      refuse("the Consul address " + in_quotes(address) + " has the unknown scheme " +
             in_quotes(scheme) + ": " + std::string(expected_forms));
    if (rest.ends_with('/')) rest.remove_suffix(1);
  }
  if (rest.find('/') != std::string_view::npos)
    refuse("the Consul address " + in_quotes(address) +
           " has a path, which is not supported: " + std::string(expected_forms));
  host_and_port found = parse_host_and_port(rest, address);
  host_ = std::move(found.host);
  port_ = std::move(found.port);
  any_port_ = port_.empty();
  unix_path_.clear();
  if (secure && !tls_) tls_ = tls_of_https_;
  set_default_port();
  return *this;
}

consul_config& consul_config::tls(consul_tls how) {
  tls_ = std::move(how);
  tls_of_https_ = *tls_;
  set_default_port();
  return *this;
}

// As in consul/api: that of HTTP or HTTPS, not Consul's.
void consul_config::set_default_port() {
  if (any_port_) port_ = tls_ ? "443" : "80";
}

std::string consul_config::address() const {
  if (!unix_path_.empty()) return "unix://" + unix_path_;
  return (tls_ ? "https://" : "") + text::join_host_port(host_, port_);
}

consul_config consul_config::from_environment(std::shared_ptr<log_sink> log) {
  const auto variable = [](const char* name) -> std::optional<std::string> {
    const char* value = std::getenv(name);
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
  return from(variable, std::move(log));
}

consul_config consul_config::from(const variable_lookup& variable,
                                  std::shared_ptr<log_sink> log) {
  // An empty variable counts as not set, as in Consul's tools.
  const auto get = [&](const char* name) { return variable(name).value_or(std::string()); };

  // As in consul/api: neither http:// nor an address without a scheme turns off what
  // CONSUL_HTTP_SSL turns on, and the other variables count only with TLS.
  consul_config config;
  config.tls_of_https_ = tls_from(get);
  if (is_true("CONSUL_HTTP_SSL", get("CONSUL_HTTP_SSL"), false)) config.tls(config.tls_of_https_);
  if (const std::string address = get("CONSUL_HTTP_ADDR"); !address.empty()) {
    try {
      config.address(address);
    } catch (const bad_configuration& error) {
      refuse(std::string("CONSUL_HTTP_ADDR: ") + error.what());
    }
  }

  // As in consul/api: a token in the file wins over the variable, an empty file does not.
  std::string token = get("CONSUL_HTTP_TOKEN");
  check_secret("CONSUL_HTTP_TOKEN", token);
  consul_access access;
  if (const std::string path = get("CONSUL_HTTP_TOKEN_FILE"); !path.empty()) {
    try {
      access.token(consul::follow_token_file(path, std::move(token),
                                             consul::empty_file::no_token_yet, std::move(log)));
    } catch (const bad_configuration& error) {
      refuse(std::string("CONSUL_HTTP_TOKEN_FILE: ") + error.what() + ", or unset the variable");
    }
  } else {
    access.token(std::move(token));
  }
  config.access(access.name_space(get("CONSUL_NAMESPACE")).partition(get("CONSUL_PARTITION")));

  std::string basic_auth = get("CONSUL_HTTP_AUTH");
  check_secret("CONSUL_HTTP_AUTH", basic_auth);
  if (!basic_auth.empty() && basic_auth.find(':') == std::string::npos)
    basic_auth += ':';  // a user without a password
  config.basic_auth(std::move(basic_auth));
  return config;
}

}  // namespace tenure
