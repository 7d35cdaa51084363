#include "sidecar/command/config.hpp"

#include <filesystem>
#include <memory>
#include <utility>

#include "command/find_program.hpp"
#include "common/argument_checks.hpp"
#include "common/duration.hpp"
#include "common/yaml_map.hpp"
#include "sidecar/command/output.hpp"

namespace tenure::sidecar {
namespace {

using apps::yaml_map;
using namespace std::chrono_literals;

/// The probes of a block; the output makes them when the sidecar starts.
class probe_options {
 public:
  std::string url;
  std::string file;
  duration max_age = 30s;
};

std::vector<std::string> read_run(const yaml_map& map) {
  const auto node = map.node("run");
  const auto words = map.texts("run");
  if (!words) return {};
  if (node->IsScalar()) return {"/bin/sh", "-c", words->front()};
  int problem = 0;
  command::find_program(words->front(), problem);
  if (problem != 0) map.error("run", "there is no executable program '" + words->front() + "'");
  return *words;
}

// A minimum keeps retries and probes from becoming a busy loop.
void read_time(const yaml_map& map, const char* key, duration least, duration& value) {
  const auto read = map.time(key);
  if (!read) return;
  value = *read;
  if (value < least)
    map.error(key, "is too short: " + apps::to_text(least) + " or more");
}

void read_number(const yaml_map& map, const char* key, unsigned& value) {
  if (const auto n = map.number(key, 1, 1'000)) value = static_cast<unsigned>(*n);
}

void read_health(const yaml_map& map, command_options& options, probe_options& probes) {
  read_number(map, "crashes", options.health.crashes);
  read_number(map, "failures", options.health.failures);
  read_time(map, "cool_down", 1s, options.health.cool_down);
  read_time(map, "interval", 100ms, options.interval);
  read_time(map, "timeout", 10ms, options.timeout);
  read_time(map, "max_age", 100ms, probes.max_age);
  read_time(map, "start", 0ms, options.start);
  const bool always = map.boolean("always").value_or(false);
  if (always) options.health.probed = health_rules::probing::always;
  probes.file = map.text("file").value_or("");
  if (const auto url = map.text("http")) {
    probes.url = *url;
    try {
      check_probe_url(*url);
    } catch (const bad_configuration& e) {
      map.error("http", e.what());
    }
  }
  if (map.has("max_age") && probes.file.empty())
    map.error("max_age", "is the age of a file, and file: is missing");
  if (always && probes.file.empty() && probes.url.empty())
    map.error("always", "needs a probe: http: or file: is missing");
}

}  // namespace

output_factory read_command(const YAML::Node& block, const election_options& election,
                            apps::config_errors& errors) {
  const yaml_map map(block, "command of " + election.name, errors,
                     {"run", "directory", "pass_env", "restart", "longest_restart", "steady",
                      "health"});
  map.require("run", "a command for the shell, or a list of arguments");
  command_options options;
  probe_options probes;
  options.election = election.name;
  options.span = election.candidacy.span();
  options.grace = election.candidacy.stop_budget();
  options.argv = read_run(map);
  options.directory = map.text("directory").value_or("");
  if (const auto names = map.texts("pass_env", apps::check_variable_name))
    options.pass_env = *names;
  if (!options.directory.empty() && !std::filesystem::is_directory(options.directory))
    map.error("directory", "'" + options.directory + "' is not a directory");
  read_time(map, "restart", 10ms, options.first_pause);
  read_time(map, "longest_restart", 10ms, options.longest_pause);
  read_time(map, "steady", 0ms, options.steady);
  if (options.longest_pause < options.first_pause) {
    if (map.has("longest_restart")) map.error("longest_restart", "is shorter than restart:");
    options.longest_pause = options.first_pause;
  }
  if (const auto health = map.node("health")) {
    const yaml_map health_map(*health, "health of " + election.name, errors,
                              {"crashes", "http", "file", "max_age", "interval", "timeout",
                               "failures", "start", "cool_down", "always"});
    read_health(health_map, options, probes);
  }
  return [options, probes](context& with, entered_election& entered) {
    std::vector<std::shared_ptr<probe>> all;
    if (!probes.url.empty()) all.push_back(http_probe(with.environment(), probes.url));
    if (!probes.file.empty()) all.push_back(file_probe(probes.file, probes.max_age));
    return std::make_shared<command_output>(with.environment(), with.commands, entered,
                                            std::move(all), options);
  };
}

}  // namespace tenure::sidecar
