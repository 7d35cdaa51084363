#include "sidecar/consul_service_config.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "common/duration.hpp"
#include "text/ascii.hpp"
#include "wire/http_client.hpp"

namespace tenure::sidecar {

using apps::usage_error;
using namespace std::chrono_literals;

namespace {

constexpr const char* default_name = "consul-leader";
constexpr duration longest_span = 15s;

constexpr const char* names[] = {
    "CONSUL_LEADER_SERVICE_NAME",  "CONSUL_LEADER_SERVICE_ID",    "CONSUL_LEADER_KEY",
    "CONSUL_LEADER_PRIMARY_LABEL", "CONSUL_LEADER_REPLICA_LABEL", "CONSUL_LEADER_TTL",
    "CONSUL_LEADER_SLEEP",         "CONSUL_LEADER_LOCKDELAY",     "CONSUL_LEADER_LOG_LEVEL"};

// As a shell's ${NAME:=default}: an empty one is not set.
std::string value_of(const variables& environment, const char* name, const std::string& otherwise) {
  const auto found = environment(name);
  return found && !found->empty() ? *found : otherwise;
}

duration time_of(const variables& environment, const char* name, const char* otherwise,
                 bool seconds) {
  std::string text = value_of(environment, name, otherwise);
  const bool digits = std::ranges::all_of(text, text::is_digit);
  try {
    return apps::parse_duration(seconds && digits ? text + "s" : text);
  } catch (const usage_error& e) {
    throw usage_error(std::string(name) + ": " + e.what());
  }
}

[[noreturn]] void wrong(const char* name, duration d, const std::string& why) {
  throw usage_error(std::string(name) + ": " + apps::to_text(d) + " " + why);
}

bool is_allocation(const std::string& text) {
  return std::ranges::all_of(
      text, [](char c) { return text::is_letter_or_digit(c) || c == '-' || c == '_'; });
}

std::optional<std::string> own_environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
}

std::string key_of(const variables& environment, const std::string& service) {
  const std::string usual = service == default_name
                                ? "/consul-leader/lock"
                                : "/consul-leader/" + service + "/lock";
  std::string key = value_of(environment, "CONSUL_LEADER_KEY", usual);
  if (key.front() == '/') key.erase(0, 1);
  if (key.empty() || key.front() == '/')
    throw usage_error("CONSUL_LEADER_KEY: '" + value_of(environment, "CONSUL_LEADER_KEY", "") +
                      "' is no key: one leading slash at most, and a name behind it");
  return key;
}

log_level level_of(const variables& environment) {
  const std::string text = value_of(environment, "CONSUL_LEADER_LOG_LEVEL", "warn");
  try {
    return parse_log_level(text);
  } catch (const std::invalid_argument& e) {
    throw usage_error(std::string("CONSUL_LEADER_LOG_LEVEL: ") + e.what());
  }
}

void check_labels(const service_labels& labels, const std::string& primary,
                  const std::string& replica) {
  if (labels.primary == labels.replica)
    throw usage_error(replica + ": '" + labels.replica + "' is the label of the leader as well (" +
                      primary + "): nobody could tell them apart");
}

}  // namespace

void look_for_nomad(const variables& environment, consul_service_options& into) {
  const std::string allocation = value_of(environment, "NOMAD_ALLOC_ID", "");
  const std::string folder = value_of(environment, "NOMAD_ALLOC_DIR", "");
  if (into.id.empty() && into.allocation.empty()) into.allocation = allocation;
  if (into.file.empty() && !allocation.empty() && !folder.empty())
    into.file = folder + "/" + allocation;
}

bool is_consul_leader(const variables& environment) {
  return std::any_of(std::begin(names), std::end(names), [&](const char* name) {
    const auto found = environment(name);
    return found && !found->empty();
  });
}

consul_leader_settings consul_leader_from(const variables& environment, const std::string& value) {
  consul_leader_settings made(value);
  made.name = value_of(environment, "CONSUL_LEADER_SERVICE_NAME", default_name);
  made.key = key_of(environment, made.name);
  made.level = level_of(environment);

  const duration ttl = time_of(environment, "CONSUL_LEADER_TTL", "15s", false);
  if (ttl < 10s || ttl > 24h)
    wrong("CONSUL_LEADER_TTL", ttl, "is no TTL that Consul takes: 10s to 24h");
  const duration sleep = time_of(environment, "CONSUL_LEADER_SLEEP", "10", true);
  if (sleep < 1s) wrong("CONSUL_LEADER_SLEEP", sleep, "is too short: 1 second or more");
  if (sleep >= ttl)
    wrong("CONSUL_LEADER_SLEEP", sleep,
          "between renewals lets a session of " + apps::to_text(ttl) +
              " (CONSUL_LEADER_TTL) expire: it must be under the TTL");
  const duration delay = time_of(environment, "CONSUL_LEADER_LOCKDELAY", "0s", false);
  if (delay > 60s) wrong("CONSUL_LEADER_LOCKDELAY", delay, "is more than Consul takes: 0s to 60s");
  made.how.ttl(ttl).span(std::min(sleep, longest_span)).lock_delay(delay);

  made.service.name = made.name;
  made.service.id = value_of(environment, "CONSUL_LEADER_SERVICE_ID", "");
  made.service.labels.primary = value_of(environment, "CONSUL_LEADER_PRIMARY_LABEL", "primary");
  made.service.labels.replica = value_of(environment, "CONSUL_LEADER_REPLICA_LABEL", "");
  check_labels(made.service.labels, "CONSUL_LEADER_PRIMARY_LABEL", "CONSUL_LEADER_REPLICA_LABEL");
  look_for_nomad(environment, made.service);
  if (made.service.id.empty() && made.service.allocation.empty())
    throw usage_error("NOMAD_ALLOC_ID is not set, so there is no allocation whose service could "
                      "be looked for: outside Nomad CONSUL_LEADER_SERVICE_ID names the service");
  if (!is_allocation(made.service.allocation))
    throw usage_error("NOMAD_ALLOC_ID: '" + made.service.allocation +
                      "' is no allocation: letters, digits and hyphens");
  return made;
}

face_factory consul_service_factory(consul_service_options options) {
  return [options = std::move(options)](surroundings& with, standing_election& of) {
    if (!with.outside)
      with.outside = wire::make_system_environment(with.executor, with.consul, with.log);
    auto session = [&of] { return of.handle().session(); };
    return std::make_shared<consul_service>(with.outside, with.consul, options, session);
  };
}

face_factory read_consul_service(const YAML::Node& block, const election_terms& of,
                                 mistakes& into) {
  const yaml_block read(block, "consul_service of " + of.name, into,
                        {"id", "allocation", "name", "primary_label", "replica_label", "file"});
  consul_service_options made;
  made.id = read.text("id").value_or("");
  made.allocation = read.text("allocation").value_or("");
  made.name = read.text("name").value_or(of.name);
  made.labels.primary = read.text("primary_label").value_or("primary");
  made.labels.replica = read.text("replica_label").value_or("");
  made.file = read.text("file").value_or("");
  if (!made.id.empty() && !made.allocation.empty())
    read.wrong("allocation", "the service is named by its id already");
  if (made.labels.primary == made.labels.replica)
    read.wrong("replica_label", "'" + made.labels.replica + "' is the label of the leader as well");
  look_for_nomad(own_environment, made);
  if (made.id.empty() && made.allocation.empty())
    read.wrong("id", "is missing: which service (inside Nomad, NOMAD_ALLOC_ID tells)");
  if (!is_allocation(made.allocation))
    read.wrong("allocation",
               "'" + made.allocation + "' is no allocation: letters, digits and hyphens");
  return consul_service_factory(std::move(made));
}

}  // namespace tenure::sidecar
