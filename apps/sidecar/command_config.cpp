#include "sidecar/command_config.hpp"

#include <filesystem>
#include <memory>
#include <utility>

#include "command/find_program.hpp"
#include "sidecar/command_face.hpp"
#include "wire/http_client.hpp"

namespace tenure::sidecar {

namespace {

using namespace std::chrono_literals;

/// What is to be probed; made when the face is.
class probes_wanted {
 public:
  std::string url;
  std::string file;
  duration most_age = 30s;
};

std::vector<std::string> read_run(const yaml_block& block) {
  const auto node = block.node("run");
  const auto words = block.texts("run");
  if (!words) return {};
  if (node->IsScalar()) return {"/bin/sh", "-c", words->front()};
  int problem = 0;
  command::find_program(words->front(), problem);
  if (problem != 0)
    block.wrong("run", "there is no program '" + words->front() + "' that can be executed");
  return *words;
}

// Not so short that it would be for ever.
void read_time(const yaml_block& block, const char* key, duration least, duration& into) {
  const auto read = block.time(key);
  if (!read) return;
  into = *read;
  if (into < least) block.wrong(key, "is too short: " + std::to_string(least / 1ms) + "ms or more");
}

void read_number(const yaml_block& block, const char* key, unsigned& into) {
  if (const auto n = block.number(key, 1, 1'000)) into = static_cast<unsigned>(*n);
}

void read_health(const YAML::Node& node, const std::string& of, mistakes& into,
                 command_options& made, probes_wanted& probes) {
  const yaml_block block(node, "health of " + of, into,
                         {"crashes", "http", "file", "max_age", "interval", "timeout", "failures",
                          "start", "cool_down", "always"});
  read_number(block, "crashes", made.health.crashes);
  read_number(block, "failures", made.health.failures);
  read_time(block, "cool_down", 1s, made.health.cool_down);
  read_time(block, "interval", 100ms, made.interval);
  read_time(block, "timeout", 10ms, made.timeout);
  read_time(block, "max_age", 100ms, probes.most_age);
  read_time(block, "start", 0ms, made.start);
  made.health.probed_always = block.yes_or_no("always").value_or(false);
  probes.file = block.text("file").value_or("");
  if (const auto url = block.text("http")) {
    probes.url = *url;
    try {
      check_probe_url(*url);
    } catch (const bad_configuration& e) {
      block.wrong("http", e.what());
    }
  }
  if (block.has("max_age") && probes.file.empty())
    block.wrong("max_age", "is of a file, and there is no file:");
  if (made.health.probed_always && probes.file.empty() && probes.url.empty())
    block.wrong("always", "there is nothing to be probed: http: or file: is missing");
}

}  // namespace

face_factory read_command(const YAML::Node& block, const election_terms& of, mistakes& into) {
  const yaml_block read(block, "command of " + of.name, into,
                        {"run", "directory", "restart", "longest_restart", "steady", "health"});
  read.require("run", "a text for the shell, or a list of arguments");
  command_options made;
  probes_wanted probes;
  made.election = of.name;
  made.span = of.how.span();
  made.grace = of.how.stop_budget();
  made.argv = read_run(read);
  made.directory = read.text("directory").value_or("");
  if (!made.directory.empty() && !std::filesystem::is_directory(made.directory))
    read.wrong("directory", "'" + made.directory + "' is no folder");
  read_time(read, "restart", 10ms, made.first_pause);
  read_time(read, "longest_restart", 10ms, made.longest_pause);
  read_time(read, "steady", 0ms, made.steady);
  if (made.longest_pause < made.first_pause) {
    if (read.has("longest_restart")) read.wrong("longest_restart", "is shorter than restart:");
    made.longest_pause = made.first_pause;
  }
  if (const auto health = read.node("health")) read_health(*health, of.name, into, made, probes);
  return [made, probes](surroundings& with, standing_election& election) {
    if (!with.outside)
      with.outside = wire::make_system_environment(with.executor, with.consul, with.log);
    std::vector<std::shared_ptr<probe>> all;
    if (!probes.url.empty()) all.push_back(http_probe(with.outside, probes.url));
    if (!probes.file.empty()) all.push_back(file_probe(probes.file, probes.most_age));
    return std::make_shared<command_face>(with.outside, with.commands, election, std::move(all),
                                          made);
  };
}

}  // namespace tenure::sidecar
