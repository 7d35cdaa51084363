#include "sidecar/config/file.hpp"

#include <map>
#include <stdexcept>
#include <string_view>
#include <tenure/key_error.hpp>
#include <tenure/leader_settings.hpp>
#include <utility>

#include "common/candidacy_errors.hpp"
#include "common/yaml_map.hpp"
#include "sidecar/config/candidacy_options.hpp"
#include "sidecar/config/consul_section.hpp"
#include "sidecar/config/group_settings.hpp"
#include "sidecar/config/guarantee.hpp"
#include "sidecar/config/log_levels.hpp"

namespace tenure::sidecar {
namespace {

using apps::line_of;
using apps::yaml_map;

enum class consul_section { read, left_out };

/// Where the settings of an election are.
struct settings_place {
  std::string election;
  std::string key;
  int line;
};

class reader {
 public:
  reader(const consul_config& consul, consul_section section, std::shared_ptr<log_sink> log,
         apps::config_errors& errors)
      : config_(consul), section_(section), log_(std::move(log)), errors_(errors) {}
  config read(const std::string& text);

 private:
  void read_document(const YAML::Node& top);
  void read_log(const YAML::Node& node);
  void read_defaults(const YAML::Node& node);
  void read_election(const YAML::Node& node);
  void read_group(const YAML::Node& node, const group_settings& from, election_options& options);
  bool check(const yaml_map& map, const YAML::Node& node, const candidacy_options& candidacy,
             const election_options& options);
  void check_guarantee(const candidacy_options& candidacy, const election_options& options);
  void note_settings(const YAML::Node& node, const election_options& options);
  void check_settings();
  void check_http(const YAML::Node& node);

  config config_;
  const consul_section section_;
  const std::shared_ptr<log_sink> log_;
  apps::config_errors& errors_;
  candidacy_options defaults_;
  group_settings default_group_;
  bool control_ = false;  // the control socket answers is-leader
  std::map<std::string, int> names_;  // with the line of each
  std::map<std::string, int> keys_;
  std::map<std::string, std::pair<membership, int>> groups_;
  std::vector<settings_place> settings_;
};

config reader::read(const std::string& text) {
  const apps::yaml_document file{.required_keys = "elections:", .contents = "one sidecar"};
  if (const auto top = apps::load_yaml(text, file, errors_)) read_document(*top);
  return std::move(config_);
}

void reader::read_document(const YAML::Node& top) {
  std::vector<const char*> known{"elections", "defaults", "consul", "http", "log",
                                 "liveness", "shutdown"};
  for (const component_kind& kind : component_kinds()) known.push_back(kind.key);
  const yaml_map map(top, "the file", errors_, known);
  map.require("elections", "the list of elections");

  const auto consul = map.node("consul");
  if (consul && section_ == consul_section::read) read_consul(*consul, log_, config_, errors_);
  if (const auto node = map.node("log")) read_log(*node);
  if (const auto node = map.node("defaults")) read_defaults(*node);
  config_.liveness = map.time("liveness");
  if (const std::string error = liveness_error(config_.liveness); !error.empty())
    map.error("liveness", error);
  config_.shutdown = map.time("shutdown");
  if (const std::string error = shutdown_error(config_.shutdown); !error.empty())
    map.error("shutdown", error);
  if (const auto node = map.node("http")) config_.http = read_http(*node, errors_);
  for (const component_kind& kind : component_kinds()) {
    if (const auto node = map.node(kind.key)) {
      config_.components.push_back(kind.read(*node, errors_));
      control_ = control_ || kind.key == std::string_view("control");
    }
  }
  // Listeners, connections and sessions last as long as the process.
  std::vector<const char*> fixed{"consul", "http", "log", "liveness"};
  for (const component_kind& kind : component_kinds()) fixed.push_back(kind.key);
  for (const char* key : fixed) {
    if (const auto node = map.node(key)) config_.fixed.emplace_back(key, *node);
  }
  const auto elections = map.node("elections");
  if (!elections) return;
  if (!elections->IsSequence() || elections->size() == 0) {
    return map.error("elections", "is not a list of elections");
  }
  for (const YAML::Node& node : *elections) read_election(node);
  check_settings();
  if (const auto node = map.node("http")) check_http(*node);
}

void reader::read_log(const YAML::Node& node) {
  const yaml_map map(node, "log", errors_, {"level", "format"});
  if (const auto level = map.text("level")) {
    try {
      config_.level = parse_log_level(*level);
    } catch (const bad_configuration& e) {
      map.error("level", e.what());
    }
  }
  if (const auto format = map.text("format")) {
    config_.json_log = *format == "json";
    if (*format != "json" && *format != "text")
      map.error("format", "'" + *format + "' is neither text nor json");
  }
}

void reader::read_defaults(const YAML::Node& node) {
  const yaml_map map(node, "defaults", errors_,
                     {"value", "span", "ttl", "lock_delay", "stop_budget", "guarantee", "group"});
  defaults_.read(map);
  if (const auto group = map.node("group"))
    default_group_.read(*group, "defaults: group", errors_);
}

void reader::read_election(const YAML::Node& node) {
  std::vector<const char*> known{"name", "key", "value", "span", "ttl", "lock_delay",
                                 "stop_budget", "guarantee", "group"};
  for (const output_kind& kind : output_kinds()) known.push_back(kind.key);
  std::string name;
  const YAML::Node named = node.IsMap() ? node["name"] : YAML::Node();
  if (named && named.IsScalar()) name = named.Scalar();
  const yaml_map map(node, name.empty() ? "an election" : "election '" + name + "'", errors_,
                     known);
  if (!node.IsMap()) return;
  map.require("name", "the outputs report the election by it");
  if (map.has("name") && !is_election_name(name)) {
    map.error("name", "'" + name + "' is not a name: letters, digits, '-', '_' and '.', at " +
                          "most " + std::to_string(max_name_length));
  }
  candidacy_options candidacy = defaults_;
  candidacy.read(map);
  const bool guaranteed = control_ || map.has("hooks");
  const guarantee_use use = guaranteed ? guarantee_use::used : guarantee_use::unused;
  election_options options(name, map.text("key").value_or("service/" + name + "/leader"),
                           candidacy.candidacy(use));
  options.guarantee = candidacy.guarantee();
  options.guarantee_line = candidacy.line_of("guarantee", line_of(node));
  const bool good = check(map, node, candidacy, options);
  if (good && control_) check_guarantee(candidacy, options);
  group_settings group = default_group_;
  if (const auto block = map.node("group")) {
    const std::string label = "election '" + name + "': group";
    group.read(*block, label, errors_);
    group.require_prefix(*block, label, errors_);
  }
  if (good) read_group(node, group, options);
  if (options.group) {
    const std::string why = group_key_error(options.group->prefix, options.key);
    if (!why.empty()) map.error("key", why);
  }
  if (guaranteed) note_settings(node, options);

  election_config made(options);
  made.line = line_of(node);
  made.fingerprint = canonical(options);
  for (const output_kind& kind : output_kinds()) {
    if (const auto block = map.node(kind.key)) {
      made.outputs.push_back(kind.read(*block, options, errors_));
      made.fingerprint += kind.key + canonical(*block);
    }
  }
  config_.elections.push_back(std::move(made));
}

// The sidecar is one member of each group, with one candidacy.
void reader::read_group(const YAML::Node& node, const group_settings& from,
                        election_options& options) {
  const std::string label = "election '" + options.name + "': group: ";
  const YAML::Node group = node["group"];
  const int line = line_of(group ? group : node);
  try {
    options.group = from.membership_with(options.candidacy, options.guarantee);
  } catch (const bad_configuration& e) {
    const apps::candidacy_setting* const which = apps::setting_of_error(e.what());
    const YAML::Node value =
        which != nullptr && group && group.IsMap() ? group[which->key] : YAML::Node();
    errors_.add(value.IsDefined() && !value.IsNull() ? line_of(value) : line, label + e.what());
  }
  if (!options.group) return;
  const auto [known, fresh] =
      groups_.try_emplace(options.group->prefix, options.group->how, line);
  const auto& [how, first_line] = known->second;
  if (!fresh && !same_membership(how, options.group->how)) {
    errors_.add(line, label + "the election of line " + std::to_string(first_line) +
                          " has other settings: value, span, ttl, lock_delay, "
                          "stop_budget, guarantee and group must agree in a group");
  }
}

/// Whether the candidacy can work.
bool reader::check(const yaml_map& map, const YAML::Node& node,
                   const candidacy_options& candidacy, const election_options& options) {
  const int name_line = map.line_of_value("name");
  const int key_line = map.line_of_value("key");
  const auto [name, new_name] = names_.emplace(options.name, name_line);
  if (!new_name && !options.name.empty())
    map.error("name", "line " + std::to_string(name->second) + " has the same name");
  // A key that is made of the name is as good as the name.
  const std::string bad_key = map.has("key") ? key_error(options.key) : "";
  if (!bad_key.empty()) {
    map.error("key", bad_key);
  } else if (const auto [key, new_key] = keys_.emplace(options.key, key_line); !new_key) {
    map.error("key", "'" + options.key + "' is the key of line " + std::to_string(key->second) +
                         " already");
  }
  try {
    options.candidacy.check();
  } catch (const bad_configuration& e) {
    const apps::candidacy_setting* const which = apps::setting_of_error(e.what());
    const int line = line_of(node);
    errors_.add(which != nullptr ? candidacy.line_of(which->key, line) : line,
                "election '" + options.name + "': " + e.what());
    return false;
  }
  return true;
}

/// Hooks and the control socket write the settings.
void reader::note_settings(const YAML::Node& node, const election_options& options) {
  const YAML::Node hooks = node["hooks"];
  const YAML::Node named = hooks && hooks.IsMap() ? hooks["settings"] : YAML::Node();
  const bool has_name = named.IsDefined() && named.IsScalar();
  settings_.push_back({options.name,
                       has_name ? named.Scalar() : leader_settings::key_for(options.key),
                       line_of(has_name ? named : node)});
}

/// A key that an election holds cannot be written.
void reader::check_settings() {
  for (const settings_place& each : settings_) {
    const auto held = keys_.find(each.key);
    if (held == keys_.end()) continue;
    errors_.add(each.line, "election '" + each.election + "': settings: '" + each.key +
                               "' is the key of the election of line " +
                               std::to_string(held->second) + ": use another");
  }
}

/// The promise of the control socket's is-leader.
void reader::check_guarantee(const candidacy_options& candidacy, const election_options& options) {
  const duration promise = options.guarantee.value_or(default_guarantee);
  const std::string error = guarantee_error(promise, options.candidacy);
  if (error.empty()) return;
  errors_.add(candidacy.line_of("guarantee", candidacy.line_of("span", options.guarantee_line)),
              "election '" + options.name + "': guarantee: " + error);
}

void reader::check_http(const YAML::Node& node) {
  const std::string& wanted = config_.http->election;
  if (!wanted.empty() && names_.count(wanted) == 0) {
    errors_.add(line_of(node["election"]),
                "http: election: there is no election '" + wanted + "'");
  }
}

}  // namespace

config read_config(const std::string& text, const consul_config& consul,
                   apps::config_errors& errors, std::shared_ptr<log_sink> log) {
  return reader(consul, consul_section::read, std::move(log), errors).read(text);
}

config read_config_again(const std::string& text, apps::config_errors& errors) {
  return reader(consul_config(), consul_section::left_out, silent_log(), errors).read(text);
}

}  // namespace tenure::sidecar
