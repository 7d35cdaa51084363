#include "sidecar/http/config.hpp"

#include <charconv>
#include <cstdint>

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

/// The text after the last colon is a port.
bool has_port(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos || text.size() - colon > 6) return false;
  const char* const end = text.data() + text.size();
  std::uint16_t port = 0;
  const auto [rest, error] = std::from_chars(text.data() + colon + 1, end, port);
  return error == std::errc() && rest == end;
}

void set(std::size_t& value, const std::optional<std::uint64_t>& read) {
  if (read) value = *read;
}

}  // namespace

bool is_listen_address(const std::string& text) {
  if (text.starts_with("unix:///")) return true;
  return text.find("://") == std::string::npos && has_port(text);
}

http_config read_http(const YAML::Node& block, apps::config_errors& errors) {
  const apps::yaml_map map(block, "http", errors,
                           {"listen", "probe", "metrics", "election", "ui", "connections",
                            "connections_per_client", "requests_per_second", "header_bytes",
                            "metrics_of_elections", "write_timeout"});
  http_config c;
  if (const auto list = map.texts("listen")) c.listen = *list;
  for (std::size_t i = 0; i < c.listen.size(); ++i) check_address(map, "listen", c.listen[i], i);
  if (const auto text = map.text("probe")) c.probe = *text;
  if (!c.probe.empty()) check_address(map, "probe", c.probe);
  if (const auto text = map.text("metrics")) c.metrics = *text;
  if (!c.metrics.empty()) check_address(map, "metrics", c.metrics);
  if (const auto text = map.text("election")) c.election = *text;
  if (const auto on = map.boolean("ui")) c.ui = *on;
  set(c.connections, map.number("connections", 8, 1'000'000));
  set(c.connections_per_client, map.number("connections_per_client", 0, 1'000'000));
  set(c.requests_per_second, map.number("requests_per_second", 0, 10'000'000));
  set(c.header_bytes, map.number("header_bytes", 1024, 1024 * 1024));
  set(c.metrics_of_elections, map.number("metrics_of_elections", 0, 100'000));
  if (const auto time = map.time("write_timeout")) {
    c.write_timeout = *time;
    if (*time < 100ms || *time > 10min)
      map.error("write_timeout", "is out of range: choose 100ms to 10m");
  }
  return c;
}

}  // namespace tenure::sidecar
