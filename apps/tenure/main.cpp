// tenure: leader election on the command line.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "command/guardian/guardian.hpp"
#include "common/build_commit.hpp"
#include "common/log/line_writer.hpp"
#include "common/near_word.hpp"
#include "common/options.hpp"
#include "common/secret_arguments.hpp"
#include "common/standard_streams.hpp"
#include "tenure/juju/juju_tools.hpp"
#include "tenure/run/lock_arguments.hpp"
#include "tenure/subcommand.hpp"

namespace {

constexpr const char* about =
    R"(Elects a leader with Consul, and runs a command on the leader only.

  tenure run service/backup/leader -- ./backup.sh   run a command only while leading
  tenure lock service/backup ./backup.sh            a replacement for consul lock
  tenure leader service/backup/leader               print the current leader
  tenure watch service/backup/leader                print every change of leader
  tenure group service/jobs                         show a group and what its members lead
  tenure doctor service/backup/leader               what is wrong, and what helps
  tenure sidecar sidecar.yaml                       run the election sidecar (HTTP, hooks, ...)
  tenure agent                                      run an embedded Consul, to try it out
)";

constexpr const char* environment =
    R"(The Consul server is configured as for every Consul tool: CONSUL_HTTP_ADDR
(default: http://127.0.0.1:8500), CONSUL_HTTP_TOKEN, CONSUL_HTTP_TOKEN_FILE,
CONSUL_HTTP_AUTH, CONSUL_NAMESPACE, CONSUL_PARTITION; for TLS CONSUL_HTTP_SSL,
CONSUL_HTTP_SSL_VERIFY, CONSUL_CACERT, CONSUL_CAPATH, CONSUL_CLIENT_CERT,
CONSUL_CLIENT_KEY, CONSUL_TLS_SERVER_NAME. An option overrides its variable.
See `tenure SUBCOMMAND --help` for the options of a subcommand.)";

/// A command line in two parts: what CLI11 parses, and the command to run, which it must not parse.
struct split_line {
  std::vector<std::string> ours;
  std::vector<std::string> command;
};

/// `tenure run` ends its own options with "--"; `tenure lock` reads them as `consul lock` does.
split_line split(const std::vector<std::string>& line) {
  split_line parts;
  if (line.size() > 1 && line[1] == "lock") {
    const tenure::apps::lock_arguments lock({line.begin() + 2, line.end()});
    parts.ours.assign(line.begin(), line.begin() + 2);
    parts.ours.insert(parts.ours.end(), lock.ours.begin(), lock.ours.end());
    parts.command = lock.child;
    return parts;
  }
  const bool is_run = line.size() > 1 && line[1] == "run";
  const auto separator = is_run ? std::find(line.begin(), line.end(), "--") : line.end();
  parts.ours.assign(line.begin(), separator);
  if (separator != line.end()) parts.command.assign(separator + 1, line.end());
  return parts;
}

// What to write instead, if words of `tenure run` were not expected.
std::string remedy_of_run(const split_line& parts) {
  if (parts.command.empty()) return "the command comes after --: tenure run KEY -- COMMAND";
  const auto attempt = std::ranges::find(parts.ours, "--try");
  if (parts.ours.end() - attempt < 2) return {};
  const std::string& next = attempt[1];
  const bool is_time = next.find_first_of("0123456789") == 0;
  return is_time ? "a time for --try comes after =: --try=" + next : "";
}

}  // namespace

int main(int argc, char** argv) {
  tenure::apps::open_standard_streams();
  tenure::command::run_guardian_if_requested(argc, argv);
  using namespace tenure::apps;

  const std::vector<std::string> line = take_arguments(argc, argv);
  const std::string program = std::filesystem::path(argc > 0 ? line[0] : "").filename();
  if (is_juju_tool(program))
    return end_program(run_juju_tool(program, {line.begin() + 1, line.end()}));
  if (argc > 1 && is_juju_tool(line[1]))
    return end_program(run_juju_tool(line[1], {line.begin() + 2, line.end()}));

  CLI::App app(about, "tenure");
  app.footer(environment);
  app.set_version_flag("--version", version_line("tenure"));
  app.require_subcommand(1);

  const split_line parts = split(line);
  action chosen;
  add_run_command(app, chosen, parts.command);
  add_lock_command(app, chosen, parts.command);
  add_list_command(app, chosen);
  add_leader_command(app, chosen);
  add_watch_command(app, chosen);
  add_depose_command(app, chosen);
  add_group_command(app, chosen);
  add_drain_command(app, chosen);
  add_undrain_command(app, chosen);
  add_move_command(app, chosen);
  add_pin_command(app, chosen);
  add_unpin_command(app, chosen);
  add_policy_command(app, chosen);
  add_doctor_command(app, chosen);
  add_plan_command(app, chosen);
  add_agent_command(app, chosen);
  add_sidecar_command(app, chosen);
  add_juju_tools(app);
  add_help_commands(app, chosen);
  const auto is_named = [&](const CLI::App* sub) { return sub->get_name() == line[1]; };
  if (argc > 1 && !line[1].starts_with('-') && app.get_subcommands(is_named).empty()) {
    std::vector<const char*> names;
    for (const CLI::App* sub : app.get_subcommands(nullptr)) {
      names.push_back(sub->get_name().c_str());
    }
    const std::string meant = nearest_word(line[1], names);
    print_error("tenure: '%s' is not a subcommand%s (see --help)\n", line[1].c_str(),
                meant.empty() ? "" : ("; did you mean " + meant + "?").c_str());
    return end_program(exit_usage);
  }
  const bool is_run = line.size() > 1 && line[1] == "run";
  const std::string remedy = is_run ? remedy_of_run(parts) : "";
  std::vector<const char*> words;
  for (const std::string& word : parts.ours) words.push_back(word.c_str());
  return parse_and_run(app, static_cast<int>(words.size()), words.data(),
                       [&] { return chosen(); }, remedy);
}
