#include "sidecar/hooks_config.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <utility>

#include "common/duration.hpp"
#include "sidecar/hooks.hpp"
#include "sidecar/promise.hpp"
#include "wire/http_client.hpp"

namespace tenure::sidecar {

namespace {

using namespace std::chrono_literals;

void check_guarantee(const yaml_block& block, const election_terms& of, duration guarantee) {
  const std::string sum = cannot_promise(guarantee, of.how);
  if (!sum.empty()) block.wrong("guarantee", sum);
}

std::string folder_of(const std::string& name, const yaml_block& block) {
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::absolute(name, error);
  if (error || !std::filesystem::is_directory(folder, error))
    block.wrong("dir", "'" + name + "' is no folder");
  return folder.string();
}

}  // namespace

face_factory read_hooks(const YAML::Node& block, const election_terms& of, mistakes& into) {
  const yaml_block read(block, "hooks of " + of.name, into,
                        {"dir", "timeout", "guarantee", "settings"});
  read.require("dir", "the folder with the hooks");
  hooks_options made;
  made.election = of.name;
  made.key = of.key;
  made.span = of.how.span();
  made.grace = of.how.stop_budget();
  if (const auto dir = read.text("dir")) made.folder = folder_of(*dir, read);
  if (const auto timeout = read.time("timeout")) made.timeout = *timeout;
  if (made.timeout < 100ms) read.wrong("timeout", "leaves no time to run");
  made.guarantee = of.guarantee.value_or(made.guarantee);
  if (const auto guarantee = read.time("guarantee")) made.guarantee = *guarantee;
  check_guarantee(read, of, made.guarantee);
  const std::string settings = read.text("settings").value_or(leader_settings::key_for(of.key));
  return [made, settings](surroundings& with, standing_election& election) {
    if (!with.outside)
      with.outside = wire::make_system_environment(with.executor, with.consul, with.log);
    with.settings_keys[made.election] = settings;
    auto session = [&election] { return election.handle().session(); };
    return std::make_shared<hooks>(with.outside, with.commands,
                                   with.elections.settings_in(settings), with.snapshots, made,
                                   session);
  };
}

}  // namespace tenure::sidecar
