// tenure agent: an embedded Consul, for where there is none.
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/system/system_error.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <unistd.h>
#include <vector>

#include "agent/server.hpp"
#include "common/options.hpp"
#include "runtime/environment.hpp"
#include "tenure/subcommand.hpp"

namespace tenure::apps {
namespace {

namespace asio = boost::asio;

/// How long clients have to read their last answers.
constexpr std::chrono::seconds farewell{5};

class agent_options {
 public:
  std::vector<std::string> listen{"127.0.0.1:8500"};
  std::string state;
  std::string node_name = "tenure-agent";
  std::size_t connections_per_client = 0;
  std::optional<duration> start_lock_delay;
  std::string log_level = "info";
};

/// One file an address, so that two agents on a machine do not share one.
std::string default_state_file(const std::string& listen) {
  std::string name = "agent-" + listen + ".state";
  for (char& c : name) {
    if (c == '/' || c == ':') c = '_';
  }
  if (const char* const home = std::getenv("XDG_STATE_HOME"); home != nullptr && *home != '\0') {
    return std::string(home) + "/tenure/" + name;
  }
  const char* const home = std::getenv("HOME");
  if (::geteuid() == 0 || home == nullptr || *home == '\0') return "/var/lib/tenure/" + name;
  return std::string(home) + "/.local/state/tenure/" + name;
}

agent::server_options server_options(const agent_options& o) {
  agent::server_options options;
  options.handler.node_name = o.node_name;
  options.connections_per_address = o.connections_per_client;
  if (o.state != "none") {
    options.state_file = o.state.empty() ? default_state_file(o.listen.front()) : o.state;
    options.unclean_lock_delay = o.start_lock_delay.value_or(options.unclean_lock_delay);
  } else {
    options.handler.start_lock_delay = o.start_lock_delay.value_or(options.unclean_lock_delay);
  }
  return options;
}

runtime::environment machine_services(asio::io_context& io, log_level level) {
  runtime::environment services;
  services.executor = io.get_executor();
  services.clock = runtime::system_boot_clock();
  services.timers = runtime::system_timers(io.get_executor());
  services.random = runtime::system_random();
  services.log = stderr_log(level);
  return services;
}

/// Bad addresses are the user's to mend; an address that is taken may be free the next time.
int exit_code_of(const boost::system::error_code& error) {
  using boost::system::errc::errc_t;
  return error == errc_t::address_in_use || error == errc_t::too_many_files_open
             ? exit_unavailable
             : exit_usage;
}

int serve(const agent_options& o) {
  log_level level{};
  try {
    level = parse_log_level(o.log_level);
  } catch (const std::invalid_argument& error) {
    throw usage_error(std::string("--log-level: ") + error.what());
  }
  asio::io_context io{1};
  const runtime::environment services = machine_services(io, level);
  std::unique_ptr<agent::server> server;
  try {
    server = std::make_unique<agent::server>(services, server_options(o));
    for (const std::string& address : o.listen) server->listen(address);
  } catch (const boost::system::system_error& error) {
    const std::string text = error.what();
    std::fprintf(stderr, "tenure agent: %s\n", text.substr(0, text.rfind(" [")).c_str());
    return exit_code_of(error.code());
  }
  // With port 0 this is how a script learns which it became.
  for (const std::string& address : o.listen) {
    const bool chosen = address.ends_with(":0");
    std::printf("listening on %s\n", (chosen ? server->address() : address).c_str());
  }
  std::fflush(stdout);

  asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](const boost::system::error_code& error, int) {
    if (error) return;
    server->stop();
    io.stop();
  });
  io.run();
  io.restart();
  io.run_for(farewell);
  return exit_ok;
}

}  // namespace

void add_agent_command(CLI::App& app, action& chosen) {
  auto o = std::make_shared<agent_options>();
  CLI::App* command = app.add_subcommand("agent", "Serve an embedded Consul");
  command->add_option("--listen", o->listen, "host:port or unix:///path; may be given repeatedly")
      ->type_name("ADDR")
      ->allow_extra_args(false)
      ->capture_default_str();
  command->add_option("--state", o->state,
                      "where the index is kept over a restart; none: nowhere")
      ->type_name("FILE");
  add_duration(*command, "--start-lock-delay", o->start_lock_delay,
               "how long nobody gets a lock after a start that follows no clean stop, since the "
               "former holders are not known (60s)",
               nullptr);
  command->add_option("--max-connections-per-client", o->connections_per_client,
                      "how many connections a client's address may have; 0: any number")
      ->type_name("N")
      ->capture_default_str();
  command->add_option("--node", o->node_name, "the node's name")
      ->type_name("NAME")
      ->capture_default_str();
  command->add_option("--log-level", o->log_level, "trace, debug, info, warn, error or off")
      ->type_name("LEVEL")
      ->envname("TENURE_LOG_LEVEL")
      ->capture_default_str();
  command->footer(
      "Answers as Consul 1.8 does: sessions, keys, locks, transactions, blocking\n"
      "queries. Keys and sessions are in memory and gone with the process; its index\n"
      "goes on growing over restarts, so that fencing tokens do too, by the state file:\n"
      "  $XDG_STATE_HOME/tenure/agent-ADDR.state\n"
      "or below ~/.local/state or, for root, /var/lib. After a crash, and where there\n"
      "is no such file, nobody gets a lock for a minute: whoever held one may still act\n"
      "on it. To try things out: --start-lock-delay 0\n"
      "SIGINT and SIGTERM stop it. Exit codes: 64 an address or a file that cannot\n"
      "work, 69 an address that is in use.\n"
      "\n"
      "  tenure agent --start-lock-delay 0 &\n"
      "  tenure run service/backup/leader -- ./backup.sh");
  command->callback([o, &chosen] { chosen = [o] { return serve(*o); }; });
}

}  // namespace tenure::apps
