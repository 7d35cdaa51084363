#include "sidecar/consul_service/consul_leader_env.hpp"

#include <algorithm>
#include <iterator>
#include <tenure/key_error.hpp>
#include <tenure/toolkit/ascii.hpp>

#include "common/duration.hpp"
#include "sidecar/config/log_levels.hpp"
#include "sidecar/consul_service/config.hpp"

namespace tenure::sidecar {

using apps::usage_error;
using namespace std::chrono_literals;

namespace {

constexpr const char* default_name = "consul-leader";
constexpr duration longest_span = 15s;

constexpr const char* variables[] = {
    "CONSUL_LEADER_SERVICE_NAME",  "CONSUL_LEADER_SERVICE_ID",    "CONSUL_LEADER_KEY",
    "CONSUL_LEADER_PRIMARY_LABEL", "CONSUL_LEADER_REPLICA_LABEL", "CONSUL_LEADER_TTL",
    "CONSUL_LEADER_SLEEP",         "CONSUL_LEADER_LOCKDELAY",     "CONSUL_LEADER_LOG_LEVEL",
    "CONSUL_LEADER_HEALTH",        "CONSUL_LEADER_META"};

/// Whether a number without a unit is a duration.
enum class bare_number { refused, seconds };

duration time_of(const env_lookup& env, const char* name, const char* fallback, bare_number bare) {
  std::string text = get_env(env, name).value_or(fallback);
  const bool digits = std::all_of(text.begin(), text.end(), text::is_digit);
  if (digits && bare == bare_number::seconds) text += 's';
  try {
    return apps::parse_duration(text);
  } catch (const usage_error& e) {
    throw usage_error(std::string(name) + ": " + e.what());
  }
}

[[noreturn]] void refuse(const char* name, duration d, const std::string& why) {
  throw usage_error(std::string(name) + ": " + apps::to_text(d) + " " + why);
}

std::string key_of(const env_lookup& env, const std::string& service) {
  const std::string fallback = service == default_name ? "/consul-leader/lock"
                                                       : "/consul-leader/" + service + "/lock";
  const std::string given = get_env(env, "CONSUL_LEADER_KEY").value_or(fallback);
  const std::string key = given.front() == '/' ? given.substr(1) : given;
  if (key.empty() || key.front() == '/')
    throw usage_error("CONSUL_LEADER_KEY: '" + given +
                      "' is not a key: at most one leading slash, followed by a name");
  if (const std::string why = key_error(key); !why.empty())
    throw usage_error("CONSUL_LEADER_KEY: " + why);
  return key;
}

log_level level_of(const env_lookup& env) {
  try {
    return parse_logrus_level(get_env(env, "CONSUL_LEADER_LOG_LEVEL").value_or("warn"));
  } catch (const bad_configuration& e) {
    throw usage_error(std::string("CONSUL_LEADER_LOG_LEVEL: ") + e.what());
  }
}

candidacy candidacy_of(const env_lookup& env, const std::string& value) {
  const duration ttl = time_of(env, "CONSUL_LEADER_TTL", "15s", bare_number::refused);
  if (ttl < 10s || ttl > 24h)
    refuse("CONSUL_LEADER_TTL", ttl, "is out of range: Consul accepts a TTL of 10s to 24h");
  const duration sleep = time_of(env, "CONSUL_LEADER_SLEEP", "10", bare_number::seconds);
  if (sleep < 1s) refuse("CONSUL_LEADER_SLEEP", sleep, "is too short: 1 second or more");
  if (sleep >= ttl)
    refuse("CONSUL_LEADER_SLEEP", sleep,
           "between renewals lets a session of " + apps::to_text(ttl) +
               " (CONSUL_LEADER_TTL) expire: it must be under the TTL");
  const duration delay = time_of(env, "CONSUL_LEADER_LOCKDELAY", "0s", bare_number::refused);
  if (delay > 60s)
    refuse("CONSUL_LEADER_LOCKDELAY", delay, "is out of range: Consul accepts 0s to 60s");
  candidacy made(value);
  made.ttl(ttl).span(std::min(sleep, longest_span)).lock_delay(delay);
  return made;
}

health_use health_of(const env_lookup& env) {
  const std::string text = get_env(env, "CONSUL_LEADER_HEALTH").value_or("true");
  if (text != "true" && text != "false")
    throw usage_error("CONSUL_LEADER_HEALTH: '" + text + "' is neither true nor false");
  return health_use_of(text == "true");
}

meta_use meta_of(const env_lookup& env) {
  const std::string text = get_env(env, "CONSUL_LEADER_META").value_or("session");
  const auto use = meta_use_of(text);
  if (!use)
    throw usage_error("CONSUL_LEADER_META: '" + text + "' is neither session nor none");
  return *use;
}

consul_service_options service_of(const env_lookup& env, const std::string& name) {
  consul_service_options made;
  made.name = name;
  made.id = get_env(env, "CONSUL_LEADER_SERVICE_ID").value_or("");
  made.labels.primary = get_env(env, "CONSUL_LEADER_PRIMARY_LABEL").value_or("primary");
  made.labels.replica = get_env(env, "CONSUL_LEADER_REPLICA_LABEL").value_or("");
  made.labels.meta = meta_of(env);
  made.health = health_of(env);
  if (made.labels.primary == made.labels.replica)
    throw usage_error("CONSUL_LEADER_REPLICA_LABEL: '" + made.labels.replica +
                      "' is also the label of the leader (CONSUL_LEADER_PRIMARY_LABEL): clients "
                      "could not tell them apart");
  apply_nomad_env(env, made);
  if (made.id.empty() && made.allocation.empty())
    throw usage_error("NOMAD_ALLOC_ID is not set, so there is no allocation to find the service "
                      "by: outside Nomad, set CONSUL_LEADER_SERVICE_ID");
  if (!is_allocation_id(made.allocation))
    throw usage_error("NOMAD_ALLOC_ID: '" + made.allocation +
                      "' is not an allocation id: letters, digits, '-' and '_'");
  return made;
}

}  // namespace

bool has_consul_leader_env(const env_lookup& env) {
  return std::any_of(std::begin(variables), std::end(variables),
                     [&](const char* name) { return get_env(env, name).has_value(); });
}

consul_leader_election read_consul_leader_env(const env_lookup& env, const std::string& value) {
  consul_leader_election made(value);
  made.name = get_env(env, "CONSUL_LEADER_SERVICE_NAME").value_or(default_name);
  made.key = key_of(env, made.name);
  made.level = level_of(env);
  made.candidacy = candidacy_of(env, value);
  made.service = service_of(env, made.name);
  return made;
}

}  // namespace tenure::sidecar
