#include "sidecar/hooks/config.hpp"

#include <filesystem>
#include <memory>
#include <tenure/key_error.hpp>
#include <utility>

#include "common/argument_checks.hpp"
#include "common/yaml_map.hpp"
#include "sidecar/config/guarantee.hpp"
#include "sidecar/hooks/output.hpp"

namespace tenure::sidecar {
namespace {

using namespace std::chrono_literals;

constexpr duration shortest_timeout = 100ms;

void check_guarantee(const apps::yaml_map& map, const election_options& election,
                     duration guarantee) {
  const std::string error = guarantee_error(guarantee, election.candidacy);
  if (error.empty()) return;
  if (map.has("guarantee") || !election.guarantee) return map.error("guarantee", error);
  map.errors().add(election.guarantee_line,
                   "election '" + election.name + "': guarantee: " + error);
}

std::string folder_of(const std::string& name, const apps::yaml_map& map) {
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::absolute(name, error);
  if (error || !std::filesystem::is_directory(folder, error))
    map.error("dir", "'" + name + "' is not a directory");
  return folder.string();
}

}  // namespace

output_factory read_hooks(const YAML::Node& block, const election_options& election,
                          apps::config_errors& errors) {
  const apps::yaml_map map(block, "hooks of " + election.name, errors,
                           {"dir", "timeout", "guarantee", "settings", "pass_env"});
  map.require("dir", "the directory with the hooks");
  hook_options options;
  options.election = election.name;
  options.key = election.key;
  options.value = election.candidacy.value();
  options.span = election.candidacy.span();
  options.grace = election.candidacy.stop_budget();
  if (const auto dir = map.text("dir")) options.folder = folder_of(*dir, map);
  if (const auto names = map.texts("pass_env", apps::check_variable_name))
    options.pass_env = *names;
  if (const auto timeout = map.time("timeout")) options.timeout = *timeout;
  if (options.timeout < shortest_timeout) map.error("timeout", "is too short: 100ms or more");
  options.guarantee = election.guarantee.value_or(options.guarantee);
  if (const auto guarantee = map.time("guarantee")) options.guarantee = *guarantee;
  check_guarantee(map, election, options.guarantee);
  const std::string settings =
      map.text("settings").value_or(leader_settings::key_for(election.key));
  if (const std::string why = key_error(settings); map.has("settings") && !why.empty())
    map.error("settings", why);
  return [options, settings](context& with, entered_election& entered) {
    with.settings_keys[options.election] = settings;
    return std::make_shared<hooks_output>(
        hooks_dependencies{.env = with.environment(),
                           .commands = with.commands,
                           .settings = with.elections.settings_in(settings),
                           .snapshots = with.snapshots,
                           .session = [&entered] { return entered.handle().session(); }},
        options);
  };
}

}  // namespace tenure::sidecar
