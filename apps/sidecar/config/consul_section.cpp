#include "sidecar/config/consul_section.hpp"

#include <string>
#include <tenure/consul_tls.hpp>
#include <tenure/token_source.hpp>

#include "common/yaml_map.hpp"

namespace tenure::sidecar {
namespace {

using apps::yaml_map;

struct tls_setting {
  const char* key;
  consul_tls& (consul_tls::*set)(std::string value);
};

constexpr tls_setting tls_settings[] = {
    {"ca_file", &consul_tls::ca_file},
    {"ca_path", &consul_tls::ca_path},
    {"client_cert", &consul_tls::client_cert},
    {"client_key", &consul_tls::client_key},
    {"tls_server_name", &consul_tls::server_name},
};

void read_address(const yaml_map& map, config& to) {
  const auto address = map.text("address");
  if (!address) return;
  try {
    to.consul.address(*address);
  } catch (const bad_configuration& e) {
    map.error("address", e.what());
  }
}

// With TLS off they would be of no use, and their author believes that it is on.
void read_tls(const yaml_map& map, config& to) {
  const bool on = to.consul.tls().has_value();
  consul_tls tls = to.consul.tls().value_or(consul_tls());
  for (const tls_setting& setting : tls_settings) {
    const auto value = map.text(setting.key);
    if (value) (tls.*setting.set)(*value);
    if (value && !on)
      map.error(setting.key, "TLS is off: give the address as https://host:port");
  }
  if (on) to.consul.tls(std::move(tls));
}

void read_token(const yaml_map& map, const std::shared_ptr<log_sink>& log, config& to) {
  if (const auto file = map.text("token_file")) {
    try {
      to.consul.token(token_from_file(*file, log));
    } catch (const bad_configuration& e) {
      map.error("token_file", e.what());
    }
  }
  if (const auto command = map.text("token_command")) {
    to.token_command = *command;
    if (map.has("token_file")) map.error("token_command", "leave out token_file beside it");
  }
  if (const auto interval = map.time("token_command_interval")) {
    to.token_command_interval = *interval;
    if (!map.has("token_command"))
      map.error("token_command_interval", "there is no token_command");
    if (*interval < std::chrono::seconds(1))
      map.error("token_command_interval", "is below 1s: use 1s or more");
  }
}

}  // namespace

void read_consul(const YAML::Node& node, const std::shared_ptr<log_sink>& log, config& to,
                 apps::config_errors& errors) {
  const yaml_map map(node, "consul", errors,
                     {"address", "token_file", "token_command", "token_command_interval",
                      "datacenter", "namespace", "partition", "stale", "ca_file", "ca_path",
                      "client_cert", "client_key", "tls_server_name", "connections", "sessions"});
  read_address(map, to);
  read_tls(map, to);
  read_token(map, log, to);
  consul_access access = to.consul.access();
  if (const auto name = map.text("datacenter")) access.datacenter(*name);
  if (const auto name = map.text("namespace")) access.name_space(*name);
  if (const auto name = map.text("partition")) access.partition(*name);
  to.consul.access(std::move(access));
  try {
    to.consul.access().check();
  } catch (const bad_configuration& e) {
    errors.add(apps::line_of(node), std::string("consul: ") + e.what());
  }
  if (const auto stale = map.boolean("stale")) to.stale = *stale;
  if (const auto n = map.number("connections", 3, 10'000)) to.consul.connections(*n);
  if (const auto n = map.number("sessions", 1, 1'000)) to.sessions = *n;
}

}  // namespace tenure::sidecar
