// tenure: leader election on the command line.
#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "command/guardian.hpp"
#include "common/options.hpp"
#include "tenure/subcommand.hpp"

namespace {

constexpr const char* about =
    "Elects leaders with Consul, and runs what only the leader may run.\n"
    "\n"
    "  tenure run service/backup/leader -- ./backup.sh   run a command only while leading\n"
    "  tenure leader service/backup/leader               who leads?\n"
    "  tenure watch service/backup/leader                follow who leads\n"
    "  tenure agent                                      an embedded Consul, for trying it out\n";

constexpr const char* environment =
    "Consul is found as every Consul tool finds it: CONSUL_HTTP_ADDR, CONSUL_HTTP_TOKEN,\n"
    "CONSUL_HTTP_TOKEN_FILE, CONSUL_HTTP_AUTH, CONSUL_NAMESPACE; http://127.0.0.1:8500 by default.\n"
    "`tenure SUBCOMMAND --help` tells more.";

}  // namespace

int main(int argc, char** argv) {
  tenure::command::become_guardian_if_told(argc, argv);
  using namespace tenure::apps;

  CLI::App app(about, "tenure");
  app.footer(environment);
  app.set_version_flag("--version", "tenure " TENURE_VERSION);
  app.require_subcommand(1);

  // What is behind "--" is the command's own, options included. CLI11 would read some of it.
  std::vector<std::string> command;
  int ours = argc;
  if (argc > 1 && std::strcmp(argv[1], "run") == 0) {
    char** const end = argv + argc;
    char** const split = std::find_if(argv, end, [](const char* a) { return std::strcmp(a, "--") == 0; });
    ours = static_cast<int>(split - argv);
    if (split != end) command.assign(split + 1, end);
  }

  action chosen;
  add_run_command(app, chosen, command);
  add_leader_command(app, chosen);
  add_watch_command(app, chosen);
  add_depose_command(app, chosen);
  return parse_and_run(app, ours, argv, [&] { return chosen(); });
}
