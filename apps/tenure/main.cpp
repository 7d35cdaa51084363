// tenure: leader election on the command line.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "command/guardian.hpp"
#include "common/options.hpp"
#include "tenure/juju_tools.hpp"
#include "tenure/lock_line.hpp"
#include "tenure/subcommand.hpp"

namespace {

constexpr const char* about =
    R"(Elects leaders with Consul, and runs what only the leader may run.

  tenure run service/backup/leader -- ./backup.sh   run a command only while leading
  tenure lock service/backup ./backup.sh            the same in the place of consul lock
  tenure leader service/backup/leader               who leads?
  tenure watch service/backup/leader                follow who leads
  tenure sidecar sidecar.yaml                       stand, and tell by HTTP, hooks, ...
  tenure agent                                      an embedded Consul, to try it out
)";

constexpr const char* environment =
    R"(Consul is found as every Consul tool finds it: CONSUL_HTTP_ADDR (by default
http://127.0.0.1:8500), CONSUL_HTTP_TOKEN, CONSUL_HTTP_TOKEN_FILE,
CONSUL_HTTP_AUTH, CONSUL_NAMESPACE, CONSUL_PARTITION.
`tenure SUBCOMMAND --help` tells more.)";

}  // namespace

int main(int argc, char** argv) {
  tenure::command::become_guardian_if_told(argc, argv);
  using namespace tenure::apps;

  const std::string called = std::filesystem::path(argv[0] != nullptr ? argv[0] : "").filename();
  if (is_juju_tool(called))
    return run_juju_tool(called, std::vector<std::string>(argv + 1, argv + argc));
  if (argc > 1 && is_juju_tool(argv[1]))
    return run_juju_tool(argv[1], std::vector<std::string>(argv + 2, argv + argc));

  CLI::App app(about, "tenure");
  app.footer(environment);
  app.set_version_flag("--version", "tenure " TENURE_VERSION);
  app.require_subcommand(1);

  // What is behind "--" is the command's own, options included. CLI11 would read some of it.
  std::vector<std::string> command;
  int ours = argc;
  if (argc > 1 && std::strcmp(argv[1], "run") == 0) {
    const auto is_split = [](const char* a) { return std::strcmp(a, "--") == 0; };
    char** const end = argv + argc;
    char** const split = std::find_if(argv, end, is_split);
    ours = static_cast<int>(split - argv);
    if (split != end) command.assign(split + 1, end);
  }

  // `tenure lock` takes its line as `consul lock` does.
  std::vector<std::string> line(argv, argv + ours);
  if (argc > 1 && std::strcmp(argv[1], "lock") == 0) {
    lock_line parts(std::vector<std::string>(argv + 2, argv + argc));
    line.resize(2);
    line.insert(line.end(), parts.ours.begin(), parts.ours.end());
    command = parts.child;
  }

  action chosen;
  add_run_command(app, chosen, command);
  add_lock_command(app, chosen, command);
  add_list_command(app, chosen);
  add_leader_command(app, chosen);
  add_watch_command(app, chosen);
  add_depose_command(app, chosen);
  add_agent_command(app, chosen);
  add_sidecar_command(app, chosen);
  add_juju_tools(app);
  add_help_commands(app, chosen);
  const auto named = [&](const CLI::App* sub) { return sub->get_name() == argv[1]; };
  if (argc > 1 && argv[1][0] != '-' && app.get_subcommands(named).empty()) {
    std::fprintf(stderr, "tenure: '%s' is not a subcommand (--help lists them)\n", argv[1]);
    return exit_usage;
  }
  std::vector<const char*> words;
  for (const std::string& word : line) words.push_back(word.c_str());
  return parse_and_run(app, static_cast<int>(words.size()), words.data(),
                       [&] { return chosen(); });
}
