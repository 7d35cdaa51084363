#include "sidecar/http_config.hpp"

#include "text/host_port.hpp"

namespace tenure::sidecar {
namespace {

using namespace std::chrono_literals;

void check_address(const yaml_block& block, const char* key, const std::string& text) {
  if (!is_listen_address(text)) {
    block.wrong(key, "'" + text + "' is not an address: write it as 127.0.0.1:4040, :4040 or "
                     "unix:///run/sidecar.sock");
  }
}

void set(std::size_t& value, const std::optional<std::uint64_t>& read) {
  if (read) value = *read;
}

}  // namespace

bool is_listen_address(const std::string& text) {
  if (text.starts_with("unix:///")) return true;
  const auto parts = text::split_host_port(text);
  return parts && text.find("://") == std::string::npos && text::parse_port(parts->port);
}

http_config read_http(const YAML::Node& node, mistakes& into) {
  const yaml_block block(node, "http", into,
                         {"listen", "probe", "metrics", "election", "ui", "connections",
                          "connections_per_client", "requests_per_second", "header_bytes",
                          "metrics_of_elections", "write_timeout"});
  http_config c;
  if (const auto list = block.texts("listen")) c.listen = *list;
  for (const std::string& address : c.listen) check_address(block, "listen", address);
  if (const auto text = block.text("probe")) c.probe = *text;
  if (!c.probe.empty()) check_address(block, "probe", c.probe);
  if (const auto text = block.text("metrics")) c.metrics = *text;
  if (!c.metrics.empty()) check_address(block, "metrics", c.metrics);
  if (const auto text = block.text("election")) c.election = *text;
  if (const auto on = block.yes_or_no("ui")) c.ui = *on;
  set(c.connections, block.number("connections", 8, 1'000'000));
  set(c.connections_per_client, block.number("connections_per_client", 0, 1'000'000));
  set(c.requests_per_second, block.number("requests_per_second", 0, 10'000'000));
  set(c.header_bytes, block.number("header_bytes", 1024, 1024 * 1024));
  set(c.metrics_of_elections, block.number("metrics_of_elections", 0, 100'000));
  if (const auto time = block.time("write_timeout")) {
    c.write_timeout = *time;
    if (*time < 100ms || *time > 10min) block.wrong("write_timeout", "is not from 100ms to 10m");
  }
  return c;
}

}  // namespace tenure::sidecar
