#include "sidecar/http/config.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <tenure/toolkit/http_server.hpp>

#include "common/argument_checks.hpp"

namespace tenure::sidecar {
namespace {

using namespace std::chrono_literals;

void check_address(const apps::yaml_map& map, const char* key, const std::string& text,
                   std::size_t index = 0) {
  if (!is_listen_address(text)) {
    map.error_at(key, index, "'" + text + "' is not an address: write it as 127.0.0.1:4040, "
                             ":4040 or unix:///run/sidecar.sock");
  }
}

void set(std::size_t& value, const std::optional<std::uint64_t>& read) {
  if (read) value = *read;
}

void read_limits(const apps::yaml_map& map, http_config& c) {
  set(c.connections, map.number("connections", 8, 1'000'000));
  set(c.connections_per_client, map.number("connections_per_client", 0, 1'000'000));
  set(c.streams_per_client, map.number("streams_per_client", 0, 1'000'000));
  set(c.requests_per_second, map.number("requests_per_second", 0, 10'000'000));
  set(c.header_bytes, map.number("header_bytes", 1024, 1024 * 1024));
  set(c.metrics_of_elections, map.number("metrics_of_elections", 0, 100'000));
  const auto proxies = map.texts("proxies");
  if (!proxies) return;
  for (const std::string& text : *proxies) {
    if (const auto range = wire::ip_range::parse(text)) {
      c.proxies.push_back(*range);
    } else {
      map.error("proxies", "'" + text + "' is not an address: write it as 10.0.0.7, 10.0.0.0/8 or "
                           "fd00::/8");
    }
  }
}

void read_protection(const apps::yaml_map& map, http_config& c) {
  apps::http_protection& to = c.protection;
  to.token_file = map.text("token_file").value_or("");
  if (map.has("token_file") && to.token_file.empty())
    map.error("token_file", "is empty: give a file, or leave it out");
  to.tls.certificate = map.text("tls_cert").value_or("");
  to.tls.key = map.text("tls_key").value_or("");
  to.tls.client_ca = map.text("tls_client_ca").value_or("");
  if (const auto list = map.texts("hosts", apps::check_host_name)) to.hosts = *list;
  try {
    to.take_environment([](const char* name) {
      const char* const value = std::getenv(name);
      return value == nullptr ? std::nullopt : std::optional<std::string>(value);
    });
  } catch (const bad_configuration& e) {
    map.error("token_file", e.what());
  }
  const std::string mistake = to.mistake(c.addresses());
  if (!mistake.empty()) map.error(map.has("tls_cert") ? "tls_cert" : "listen", mistake);
}

void read_times(const apps::yaml_map& map, http_config& c) {
  if (const auto time = map.time("write_timeout")) {
    c.write_timeout = *time;
    if (*time < 100ms || *time > 10min)
      map.error("write_timeout", "is out of range: choose 100ms to 10m");
  }
  if (const auto time = map.time("request_timeout")) {
    c.request_timeout = *time;
    if (*time < 100ms || *time > 10min)
      map.error("request_timeout", "is out of range: choose 100ms to 10m");
  }
  if (const auto time = map.time("idle_timeout")) {
    c.idle_timeout = *time;
    if (*time < 100ms || *time > 24h)
      map.error("idle_timeout", "is out of range: choose 100ms to 24h");
  }
  if (const auto time = map.time("heartbeat")) {
    c.heartbeat = *time;
    if (*time != 0s && !is_heartbeat(*time))
      map.error("heartbeat", "is out of range: choose 1s to 1h, or 0s for none");
  }
}

}  // namespace

std::vector<std::string> http_config::addresses() const {
  std::vector<std::string> all = listen;
  for (const std::string& other : {probe, metrics})
    if (!other.empty()) all.push_back(other);
  return all;
}

bool is_heartbeat(duration silence) { return silence >= 1s && silence <= 1h; }

bool is_listen_address(const std::string& text) {
  constexpr std::string_view https = "https://";
  if (text.starts_with(https)) {
    const std::string rest = text.substr(https.size());
    return rest.find("://") == rest.npos && is_listen_address(rest);
  }
  const bool path = text.starts_with("unix://");
  return (!path || text.starts_with("unix:///")) && wire::listen_mistake(text).empty();
}

http_config read_http(const YAML::Node& block, apps::config_errors& errors) {
  const apps::yaml_map map(block, "http", errors,
                           {"listen", "probe", "metrics", "election", "ui", "connections",
                            "connections_per_client", "streams_per_client", "proxies",
                            "requests_per_second", "header_bytes", "metrics_of_elections",
                            "write_timeout", "request_timeout", "idle_timeout", "heartbeat",
                            "token_file", "tls_cert", "tls_key", "tls_client_ca", "hosts"});
  http_config c;
  if (const auto list = map.texts("listen")) c.listen = *list;
  for (std::size_t i = 0; i < c.listen.size(); ++i) check_address(map, "listen", c.listen[i], i);
  if (const auto text = map.text("probe")) c.probe = *text;
  if (!c.probe.empty()) check_address(map, "probe", c.probe);
  if (const auto text = map.text("metrics")) c.metrics = *text;
  if (!c.metrics.empty()) check_address(map, "metrics", c.metrics);
  if (const auto text = map.text("election")) c.election = *text;
  if (const auto on = map.boolean("ui")) c.ui = *on;
  read_limits(map, c);
  read_times(map, c);
  read_protection(map, c);
  return c;
}

}  // namespace tenure::sidecar
