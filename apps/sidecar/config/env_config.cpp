#include "sidecar/config/env_config.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>
#include <tenure/key_error.hpp>
#include <utility>

#include "common/candidacy_errors.hpp"
#include "common/options.hpp"
#include "common/utf8_text.hpp"
#include "sidecar/config/log_levels.hpp"
#include "sidecar/consul_service/config.hpp"
#include "sidecar/consul_service/consul_leader_env.hpp"

namespace tenure::sidecar {
namespace {

using apps::usage_error;

[[noreturn]] void refuse(const char* name, const std::string& text) {
  throw usage_error(std::string(name) + ": " + text);
}

class reader {
 public:
  reader(const env_lookup& env, const consul_config& consul) : env_(env), config_(consul) {}
  config read();

 private:
  std::optional<std::string> get(const char* name) const { return get_env(env_, name); }
  std::optional<duration> time(const char* name) const;
  std::string name(const char* variable) const;

  void read_consul_leader();
  void read_elector_election();
  void read_elector();
  void read_candidacy();
  void check_candidacy() const;

  const env_lookup& env_;
  config config_;
  std::optional<election_options> options_;
  std::vector<output_factory> outputs_;
};

std::optional<duration> reader::time(const char* name) const {
  const auto text = get(name);
  if (!text) return std::nullopt;
  try {
    return apps::parse_duration(*text);
  } catch (const usage_error& e) {
    refuse(name, e.what());
  }
}

std::string reader::name(const char* variable) const {
  const std::string text = get(variable).value_or("");
  if (!is_election_name(text))
    refuse(variable, "'" + text + "' is not a name: letters, digits, '-', '_' and '.'");
  return text;
}

void reader::read_consul_leader() {
  consul_leader_election read =
      read_consul_leader_env(env_, get("TENURE_VALUE").value_or(apps::host_name()));
  if (!is_election_name(read.name))
    refuse("CONSUL_LEADER_SERVICE_NAME", "'" + read.name + "' is not the name of a service");
  options_.emplace(read.name, read.key, read.candidacy);
  outputs_.push_back(make_consul_service(std::move(read.service)));
  config_.level = read.level;
}

void reader::read_elector_election() {
  const std::string election = name("ELECTOR_ELECTION");
  std::string key = "service/" + election + "/leader";
  if (get("ELECTOR_ELECTION_NAMESPACE")) {
    key = "service/" + name("ELECTOR_ELECTION_NAMESPACE") + "/" + election + "/leader";
  }
  candidacy how(get("TENURE_VALUE").value_or(apps::host_name()));
  options_.emplace(election, get("TENURE_KEY").value_or(key), how);
  if (const std::string why = key_error(options_->key); !why.empty()) refuse("TENURE_KEY", why);
}

void reader::read_elector() {
  http_config http;
  const auto address = [&](const char* name) {
    const std::string text = get(name).value_or("");
    if (!text.empty() && !is_listen_address(text))
      refuse(name, "'" + text + "' is not an address: write it as 127.0.0.1:4040 or :4040");
    return text;
  };
  if (const std::string text = address("ELECTOR_HTTP"); !text.empty()) http.listen = {text};
  http.probe = address("ELECTOR_PROBE_ADDRESS");
  http.metrics = address("ELECTOR_METRICS_ADDRESS");
  // Without it the frames are the elector's and nothing else.
  http.heartbeat = time("TENURE_HEARTBEAT").value_or(duration(0));
  if (http.heartbeat != duration(0) && !is_heartbeat(http.heartbeat))
    refuse("TENURE_HEARTBEAT", "is out of range: choose 1s to 1h, or 0s for none");
  http.protection.take_environment(env_);
  if (const std::string mistake = http.protection.mistake(http.addresses()); !mistake.empty())
    refuse("TENURE_HTTP_TLS_CERT", mistake);
  config_.http = http;

  if (const auto level = get("ELECTOR_LOG_LEVEL")) {
    try {
      config_.level = parse_logrus_level(*level);
    } catch (const bad_configuration& e) {
      refuse("ELECTOR_LOG_LEVEL", e.what());
    }
  }
  if (const auto format = get("ELECTOR_LOG_FORMAT")) {
    config_.json_log = *format == "json";
    if (*format != "json" && *format != "text")
      refuse("ELECTOR_LOG_FORMAT", "'" + *format + "' is neither text nor json");
  }
}

void reader::read_candidacy() {
  candidacy& how = options_->candidacy;
  if (const auto t = time("TENURE_SPAN")) how.span(*t);
  if (const auto t = time("TENURE_TTL")) how.ttl(*t);
  if (const auto t = time("TENURE_LOCK_DELAY")) how.lock_delay(*t);
  if (const auto t = time("TENURE_GRACE")) how.stop_budget(*t);
  options_->guarantee = time("TENURE_GUARANTEE");
  config_.liveness = time("TENURE_LIVENESS");
  if (const std::string error = liveness_error(config_.liveness); !error.empty())
    refuse("TENURE_LIVENESS", error);
  check_candidacy();
}

void reader::check_candidacy() const {
  try {
    options_->candidacy.check();
  } catch (const bad_configuration& e) {
    const apps::candidacy_setting* const which = apps::setting_of_error(e.what());
    if (which == nullptr || !get(which->variable)) throw;
    refuse(which->variable, e.what());
  }
}

config reader::read() {
  const bool elector = get("ELECTOR_ELECTION").has_value();
  // Inside Nomad consul-leader works without any CONSUL_LEADER_ variable.
  const bool consul_leader =
      has_consul_leader_env(env_) || (get("NOMAD_ALLOC_ID").has_value() && !elector);
  if (!elector && !consul_leader) {
    throw usage_error("no election is configured: name a FILE, or set ELECTOR_ELECTION or "
                      "CONSUL_LEADER_SERVICE_NAME");
  }
  if (consul_leader) {
    read_consul_leader();
  } else {
    read_elector_election();
  }
  if (elector || get("ELECTOR_HTTP")) read_elector();
  read_candidacy();
  election_config made(*options_);
  made.outputs = std::move(outputs_);
  config_.elections.push_back(std::move(made));
  return std::move(config_);
}

/// Names of files and folders, and a token, whose own check does not show it.
bool has_any_bytes(std::string_view variable) {
  static constexpr std::array<std::string_view, 3> names{
      "NOMAD_ALLOC_DIR", "TENURE_HTTP_TOKEN", "TENURE_HTTP_TOKEN_FILE"};
  return std::ranges::find(names, variable) != names.end();
}

}  // namespace

config config_from_environment(const env_lookup& env, const consul_config& consul) {
  const env_lookup checked = [&](const char* name) {
    auto value = env(name);
    if (value && !has_any_bytes(name)) apps::require_utf8(std::string(name) + ":", *value);
    return value;
  };
  return reader(checked, consul).read();
}

}  // namespace tenure::sidecar
