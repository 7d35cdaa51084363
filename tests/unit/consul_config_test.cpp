#include <tenure/consul_config.hpp>

#include <stdlib.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <cstdio>
#include <fstream>
#include <map>

#include "consul/check_config.hpp"

namespace {

using tenure::bad_configuration;
using tenure::consul_config;
using tenure::consul_tls;

using variables = std::map<std::string, std::string>;

consul_config read(const variables& set) {
  return consul_config::from([&](const char* name) -> std::optional<std::string> {
    const auto found = set.find(name);
    if (found == set.end()) return std::nullopt;
    return found->second;
  });
}

std::string refusal(const variables& set) {
  try {
    read(set);
  } catch (const bad_configuration& error) {
    return error.what();
  }
  return "(accepted)";
}

std::string address_refusal(const std::string& address) {
  try {
    const consul_config config(address);
  } catch (const bad_configuration& error) {
    return error.what();
  }
  return "(accepted)";
}

class token_file {
 public:
  explicit token_file(const std::string& text) {
    char path[] = "/tmp/tenure-token-XXXXXX";
    const int fd = ::mkstemp(path);
    REQUIRE(fd >= 0);
    ::close(fd);
    name = path;
    std::ofstream(name, std::ios::binary) << text;
  }
  token_file(const token_file&) = delete;
  token_file& operator=(const token_file&) = delete;
  ~token_file() { std::remove(name.c_str()); }
  std::string name;
};

TEST_CASE("without variables the configuration is the local agent") {
  const consul_config config = read({});
  CHECK(config.host() == "127.0.0.1");
  CHECK(config.port() == "8500");
  CHECK(config.unix_path().empty());
  CHECK(config.token().empty());
  CHECK(config.address() == "127.0.0.1:8500");
  CHECK(config.connections() == 40);
}

TEST_CASE("valid addresses") {
  class form {
   public:
    const char* text;
    const char* host;
    const char* port;
    const char* shown;
  };
  const form forms[] = {
      {"localhost:8500", "localhost", "8500", "localhost:8500"},
      {"http://consul.example.com:80", "consul.example.com", "80", "consul.example.com:80"},
      {"http://10.0.0.1:8500/", "10.0.0.1", "8500", "10.0.0.1:8500"},
      {"[::1]:8500", "::1", "8500", "[::1]:8500"},
      {"http://[fe80::1%25eth0]:1", "fe80::1%25eth0", "1", "[fe80::1%25eth0]:1"},
      {":8501", "127.0.0.1", "8501", "127.0.0.1:8501"},
      {"http://consul", "consul", "80", "consul:80"},  // as in consul/api
      {"consul", "consul", "80", "consul:80"},
      {"[::1]", "::1", "80", "[::1]:80"},
      {"host:65535", "host", "65535", "host:65535"},
      {"host:08500", "host", "8500", "host:8500"},
  };
  for (const form& f : forms) {
    INFO(f.text);
    const consul_config config(f.text);
    CHECK(config.host() == f.host);
    CHECK(config.port() == f.port);
    CHECK(config.address() == f.shown);
    CHECK(config.unix_path().empty());
  }
  const consul_config unix_socket("unix:///run/consul/http.sock");
  CHECK(unix_socket.unix_path() == "/run/consul/http.sock");
  CHECK(unix_socket.address() == "unix:///run/consul/http.sock");
}

TEST_CASE("a second address replaces the first, of either kind") {
  consul_config config("unix:///run/consul.sock");
  config.address("[::1]:8500");
  CHECK(config.address() == "[::1]:8500");
  config.address("unix:///x");
  CHECK(config.address() == "unix:///x");
}

TEST_CASE("invalid addresses are refused in one line that names the remedy") {
  CHECK(address_refusal("") ==
        "the Consul address is empty: expected host:port, http://host:port, https://host:port or "
        "unix:///path/to/socket");
  CHECK(address_refusal("host:port") ==
        "the Consul address \"host:port\" has the port \"port\": use a number from 1 to 65535");
  for (const char* port : {"host:0", "host:65536", "host:", "host:-1", "host:123456", "host:1x",
                           "host:99999999999999999999", "[::1]:", "[::1]:x"}) {
    INFO(port);
    CHECK(address_refusal(port).find(": use a number from 1 to 65535") != std::string::npos);
  }
  CHECK(address_refusal("ftp://consul") ==
        "the Consul address \"ftp://consul\" has the unknown scheme \"ftp\": expected host:port, "
        "http://host:port, https://host:port or unix:///path/to/socket");
  CHECK(address_refusal("::1:8500").find("write an IPv6 address in brackets, as [::1]:8500") !=
        std::string::npos);
  CHECK(address_refusal("[::1:8500").find("brackets") != std::string::npos);
  CHECK(address_refusal("[]:8500").find("brackets") != std::string::npos);
  CHECK(address_refusal("[::1]8500").find("brackets") != std::string::npos);
  CHECK(address_refusal("http://").find("names no host") != std::string::npos);
  CHECK(address_refusal("http://host/prefix").find("has a path") != std::string::npos);
  CHECK(address_refusal("host:8500/").find("has a path") != std::string::npos);
  CHECK(address_refusal("host:8500#x").find("a fragment") != std::string::npos);
  CHECK(address_refusal("unix://").find("has a path of 0 characters") != std::string::npos);
  CHECK(address_refusal("unix://" + std::string(108, 'x')).find("has a path of 108 characters") !=
        std::string::npos);
  CHECK(address_refusal("ho st:1").find("spaces or control characters") != std::string::npos);
  CHECK(address_refusal("host:1\r\nX: y").find('\n') == std::string::npos);
}

TEST_CASE("a refusal does not show an address that contains a password") {
  const std::string line = address_refusal("http://user:hunter2@consul:8500");
  CHECK(line.find("hunter2") == std::string::npos);
  CHECK(line.find("CONSUL_HTTP_AUTH") != std::string::npos);
}

TEST_CASE("a refusal does not show an address that may contain a token") {
  for (const char* address : {"http://consul:8500?token=hunter2", "consul:1/v1?token=hunter2"}) {
    const std::string line = address_refusal(address);
    CHECK(line.find("hunter2") == std::string::npos);
    CHECK(line.find("CONSUL_HTTP_TOKEN") != std::string::npos);
  }
}

TEST_CASE("every variable is read") {
  const consul_config config = read({{"CONSUL_HTTP_ADDR", "http://consul:8500"},
                                     {"CONSUL_HTTP_TOKEN", "secret"},
                                     {"CONSUL_HTTP_AUTH", "user:pass:word"},
                                     {"CONSUL_HTTP_SSL", "false"},
                                     {"CONSUL_HTTP_SSL_VERIFY", "0"},
                                     {"CONSUL_NAMESPACE", "team"},
                                     {"CONSUL_PARTITION", "part"}});
  CHECK(config.address() == "consul:8500");
  CHECK(config.token() == "secret");
  CHECK(config.basic_auth() == "user:pass:word");
  CHECK(config.access().name_space() == "team");
  CHECK(config.access().partition() == "part");
  CHECK(read({{"CONSUL_HTTP_AUTH", "user"}}).basic_auth() == "user:");
}

TEST_CASE("an empty variable counts as not set") {
  const consul_config config = read({{"CONSUL_HTTP_ADDR", ""},
                                     {"CONSUL_HTTP_TOKEN_FILE", ""},
                                     {"CONSUL_HTTP_SSL", ""},
                                     {"CONSUL_CACERT", ""}});
  CHECK(config.address() == "127.0.0.1:8500");
}

TEST_CASE("a token file is trimmed and wins over the variable, unless it is empty") {
  const token_file file(" \n 1b2c\r\n\n");
  CHECK(read({{"CONSUL_HTTP_TOKEN_FILE", file.name}}).token() == "1b2c");
  CHECK(read({{"CONSUL_HTTP_TOKEN_FILE", file.name}, {"CONSUL_HTTP_TOKEN", "other"}}).token() ==
        "1b2c");
  const token_file empty("\n");
  CHECK(read({{"CONSUL_HTTP_TOKEN_FILE", empty.name}, {"CONSUL_HTTP_TOKEN", "other"}}).token() ==
        "other");
}

TEST_CASE("the refusal of an unreadable token file names it") {
  CHECK(refusal({{"CONSUL_HTTP_TOKEN_FILE", "/nonexistent/token"}}) ==
        "CONSUL_HTTP_TOKEN_FILE: the file \"/nonexistent/token\" cannot be read (No such file or "
        "directory): name a file that holds the token, or unset the variable");
  CHECK(refusal({{"CONSUL_HTTP_TOKEN_FILE", "/tmp"}}).find("cannot be read (Is a directory)") !=
        std::string::npos);
  const token_file large(std::string(5000, 'x'));
  CHECK(refusal({{"CONSUL_HTTP_TOKEN_FILE", large.name}}).find("is longer than any token") !=
        std::string::npos);
}

TEST_CASE("secrets with control characters are refused and not shown") {
  const token_file file("abc\ndef");
  for (const variables& set :
       {variables{{"CONSUL_HTTP_TOKEN", "top\r\nsecret"}},
        variables{{"CONSUL_HTTP_AUTH", "top:secret\n"}},
        variables{{"CONSUL_HTTP_TOKEN_FILE", file.name}}}) {
    const std::string line = refusal(set);
    INFO(line);
    CHECK(line.find(set.begin()->first) != std::string::npos);
    CHECK(line.find("secret") == std::string::npos);
    CHECK(line.find("def") == std::string::npos);
    CHECK(line.find('\n') == std::string::npos);
  }
}

TEST_CASE("what is too long for a request is refused, and secrets are not shown") {
  const std::string secret(70'000, 's');
  for (const char* name : {"CONSUL_HTTP_TOKEN", "CONSUL_HTTP_AUTH"}) {
    CHECK(refusal({{name, secret}}) ==
          std::string(name) + " is too long (70000 bytes): use one line of at most 4096 bytes");
    CHECK(refusal({{name, secret.substr(0, 4096)}}) == "(accepted)");
  }
  const auto checked = [](const consul_config& config) {
    try {
      tenure::consul::check_config(config);
    } catch (const bad_configuration& error) {
      return std::string(error.what());
    }
    return std::string("(accepted)");
  };
  using access = tenure::consul_access;
  CHECK(checked(consul_config()) == "(accepted)");
  CHECK(checked(consul_config().token(secret)).starts_with("the token is too long (70000 bytes)"));
  CHECK(checked(consul_config().basic_auth(secret))
            .starts_with("user:password of HTTP is too long (70000 bytes)"));
  CHECK(checked(consul_config().access(access().datacenter(secret)))
            .starts_with("the datacenter \"sss"));
  CHECK(checked(consul_config().access(access().name_space(secret)))
            .find("has 70000 bytes: it has at most 255") != std::string::npos);
  CHECK(checked(consul_config().access(access().partition(std::string(255, 'p')))) ==
        "(accepted)");
  CHECK(address_refusal(std::string(254, 'h') + ":8500")
            .find("has a host of 254 characters") != std::string::npos);
}

TEST_CASE("TLS is on for https:// and where a variable or a setting asks for it") {
  CHECK_FALSE(consul_config("consul:8501").tls());
  CHECK_FALSE(consul_config("http://consul:8501").tls());
  consul_config config("https://consul:8501");
  REQUIRE(config.tls());
  CHECK(config.tls()->verify());
  CHECK(config.tls()->ca_file().empty());
  CHECK(config.address() == "https://consul:8501");
  CHECK(config.host() == "consul");
  config.address("http://other:8500");  // no address turns it off
  CHECK(config.address() == "https://other:8500");
  CHECK(consul_config("https://[::1]:8501/").address() == "https://[::1]:8501");
  CHECK(consul_config("unix:///x").tls(consul_tls()).address() == "unix:///x");

  CHECK(read({{"CONSUL_HTTP_SSL", "1"}}).address() == "https://127.0.0.1:8500");
  CHECK(read({{"CONSUL_HTTP_SSL", "true"}, {"CONSUL_HTTP_ADDR", "http://consul:8501"}}).address() ==
        "https://consul:8501");
  CHECK(read({{"CONSUL_HTTP_SSL", "false"}, {"CONSUL_HTTP_ADDR", "https://consul:1"}}).tls());
  CHECK(read({{"CONSUL_HTTP_SSL", "true"}, {"CONSUL_HTTP_ADDR", "unix:///x"}}).tls());
  CHECK(refusal({{"CONSUL_HTTP_SSL", "yes"}}) == "CONSUL_HTTP_SSL is \"yes\": use true or false");
  CHECK(refusal({{"CONSUL_HTTP_SSL_VERIFY", "maybe"}}) ==
        "CONSUL_HTTP_SSL_VERIFY is \"maybe\": use true or false");
}

TEST_CASE("the default port is that of HTTPS with TLS, as in consul/api") {
  CHECK(consul_config("https://consul").port() == "443");
  CHECK(consul_config("https://[::1]").port() == "443");
  CHECK(consul_config("https://:8501").host() == "127.0.0.1");
  CHECK(consul_config("consul").tls(consul_tls()).port() == "443");
  CHECK(consul_config("consul:80").tls(consul_tls()).port() == "80");
  CHECK(read({{"CONSUL_HTTP_SSL", "true"}, {"CONSUL_HTTP_ADDR", "consul"}}).port() == "443");
}

TEST_CASE("the variables of TLS count only with TLS") {
  variables set{{"CONSUL_CACERT", "/ca.pem"},          {"CONSUL_CAPATH", "/ca"},
                {"CONSUL_CLIENT_CERT", "/cert.pem"},   {"CONSUL_CLIENT_KEY", "/key.pem"},
                {"CONSUL_TLS_SERVER_NAME", "consul.x"}, {"CONSUL_HTTP_SSL_VERIFY", "false"}};
  CHECK_FALSE(read(set).tls());
  // An address that comes later, such as that of an option, turns them on.
  consul_config config = read(set);
  config.address("https://consul:8501");
  for (const char* name : {"CONSUL_HTTP_SSL", "CONSUL_HTTP_ADDR"}) {
    INFO(name);
    REQUIRE(config.tls());
    CHECK(config.tls()->ca_file() == "/ca.pem");
    CHECK(config.tls()->ca_path() == "/ca");
    CHECK(config.tls()->client_cert() == "/cert.pem");
    CHECK(config.tls()->client_key() == "/key.pem");
    CHECK(config.tls()->server_name() == "consul.x");
    CHECK_FALSE(config.tls()->verify());
    variables asked = set;
    asked[name] = name == std::string("CONSUL_HTTP_SSL") ? "true" : "https://consul";
    config = read(asked);
  }
}

}  // namespace
