// tenure agent: an embedded Consul, for machines without Consul.
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/system/system_error.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <tenure/agent.hpp>
#include <tenure/toolkit/http_access.hpp>
#include <tenure/toolkit/http_server.hpp>
#include <tenure/toolkit/task_scope.hpp>
#include <unistd.h>
#include <vector>

#include "common/argument_checks.hpp"
#include "common/http/protection.hpp"
#include "common/log/line_writer.hpp"
#include "common/options.hpp"
#include "common/service/service_manager.hpp"
#include "tenure/subcommand.hpp"

namespace tenure::apps {
namespace {

namespace asio = boost::asio;

/// How long clients have to read their last answers at the end.
constexpr std::chrono::seconds drain_time{5};

/// More descriptors than a process can have.
constexpr std::uint64_t most_connections = 1'000'000'000;

struct agent_arguments {
  std::vector<std::string> listen{"127.0.0.1:8500"};
  std::string state;
  std::string node_name = "tenure-agent";
  std::size_t connections = agent_options().connections();
  std::size_t connections_per_client = agent_options().connections_per_address();
  std::vector<std::string> hosts;
  std::string token_file;
  std::string tls_cert;
  std::string tls_key;
  std::string tls_client_ca;
  std::optional<duration> start_lock_delay;
  std::optional<duration> session_ttl_min;
  std::string log_level = "info";
  std::string as{name_of(agent_options().as())};
};

consul_version parse_version(const std::string& text) {
  if (const auto version = find_consul_version(text)) return *version;
  throw usage_error("--as: the agent answers as Consul 1.8 or 1.21, not as '" + text + "'");
}

duration checked_ttl_min(duration ttl) {
  if (ttl > duration::zero() && ttl <= std::chrono::hours(24)) return ttl;
  throw usage_error("--session-ttl-min: must be above 0 and at most 24h");
}

constexpr std::string_view https = "https://";

bool is_https(const std::string& address) { return address.starts_with(https); }

void check_listen(const std::string& address) {
  const std::string plain = is_https(address) ? address.substr(https.size()) : address;
  const std::string mistake = wire::listen_mistake(plain);
  if (!mistake.empty()) throw usage_error("--listen: '" + address + "' is no address: " + mistake);
}

/// The options of TLS go together: one alone would leave the agent open, or without a use for it.
void check_tls(const agent_arguments& o) {
  if (o.tls_cert.empty() != o.tls_key.empty()) {
    throw usage_error(o.tls_key.empty() ? "--tls-cert needs --tls-key, the key of the certificate"
                                        : "--tls-key needs --tls-cert, the certificate of the key");
  }
  if (!o.tls_client_ca.empty() && o.tls_cert.empty()) {
    throw usage_error("--tls-client-ca needs --tls-cert and --tls-key");
  }
  const auto secure = std::find_if(o.listen.begin(), o.listen.end(), is_https);
  if (o.tls_cert.empty() && secure != o.listen.end()) {
    throw usage_error("--listen " + *secure + " needs --tls-cert and --tls-key");
  }
  if (!o.tls_cert.empty() && secure == o.listen.end()) {
    throw usage_error("--tls-cert needs an address with TLS, such as --listen "
                      "https://127.0.0.1:8501");
  }
}

/// The name contains the address, so that two agents on a machine do not share a file.
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

/// A folder that does not exist is most likely a mistake.
void check_state(const std::string& file) {
  const std::filesystem::path folder = std::filesystem::path(file).parent_path();
  std::error_code unknown;
  if (folder.empty() || std::filesystem::is_directory(folder, unknown)) return;
  throw usage_error("--state: '" + folder.string() + "' is no folder: create it, or name another");
}

agent_options options_of(const agent_arguments& o, log_level level) {
  agent_options options;
  options.as(parse_version(o.as))
      .node_name(o.node_name)
      .connections(o.connections)
      .connections_per_address(o.connections_per_client)
      .hosts(o.hosts)
      .token_file(o.token_file)
      .tls_cert(o.tls_cert)
      .tls_key(o.tls_key)
      .tls_client_ca(o.tls_client_ca)
      .log(program_log(level));
  const char* const token = std::getenv("TENURE_AGENT_TOKEN");
  if (token != nullptr && o.token_file.empty()) {
    if (*token == '\0') throw usage_error("TENURE_AGENT_TOKEN is empty: give a token, or unset it");
    try {
      wire::token_of(token);
    } catch (const bad_configuration& e) {
      throw usage_error(std::string("TENURE_AGENT_TOKEN: ") + e.what());
    }
    options.token(token);
  }
  if (o.state != "none")
    options.state_file(o.state.empty() ? default_state_file(o.listen.front()) : o.state);
  if (o.session_ttl_min) options.session_ttl_min(checked_ttl_min(*o.session_ttl_min));
  if (o.start_lock_delay) options.start_lock_delay(*o.start_lock_delay);
  return options;
}

/// The address with the port that the kernel chose if it was 0.
std::string with_port(const std::string& address, unsigned short port) {
  if (!address.ends_with(":0")) return address;
  return address.substr(0, address.size() - 1) + std::to_string(port);
}

int serve(const agent_arguments& o) {
  log_level level{};
  try {
    level = parse_log_level(o.log_level);
  } catch (const bad_configuration& error) {
    throw usage_error(std::string("--log-level: ") + error.what());
  }
  for (const std::string& address : o.listen) check_listen(address);
  check_tls(o);
  check_state(o.state);
  service_manager manager;
  manager.connect();
  asio::io_context io{1};
  std::unique_ptr<agent_server> server;
  std::vector<std::string> listening;
  try {
    server = std::make_unique<agent_server>(io.get_executor(), options_of(o, level));
    for (const std::string& address : o.listen) {
      listening.push_back(with_port(address, server->listen(address)));
    }
  } catch (const boost::system::system_error& error) {
    const std::string text = error.what();
    print_error("tenure agent: %s\n", text.substr(0, text.rfind(" [")).c_str());
    return exit_code_of_listening(error.code());
  }
  std::string lines;
  for (const std::string& address : listening) lines += "listening on " + address + '\n';
  standard_output().add(lines);
  std::string status;
  for (const std::string& address : listening)
    status += (status.empty() ? "listening on " : ", ") + address;
  const auto timers = runtime::system_timers(io.get_executor());
  runtime::task_scope reports(io.get_executor(), *timers, [](std::exception_ptr) {});
  reports.spawn(manager.follow(*timers, [status] { return status; }));

  asio::signal_set signals(io);
  catch_signals(signals, {SIGINT, SIGTERM, SIGHUP});
  signals.async_wait([&](const boost::system::error_code& error, int) {
    if (error) return;
    manager.stopping(drain_time);
    reports.cancel();
    server->stop();
    io.stop();
  });
  io.run();
  io.restart();
  io.run_for(drain_time);
  return exit_ok;
}

}  // namespace

void add_agent_command(CLI::App& app, action& chosen) {
  auto o = std::make_shared<agent_arguments>();
  CLI::App* command = app.add_subcommand("agent", "Run an embedded Consul");
  command
      ->add_option("--listen", o->listen,
                   "host:port, https://host:port or unix:///path; may be given repeatedly")
      ->type_name("ADDR")
      ->allow_extra_args(false)
      ->capture_default_str();
  command->add_option("--state", o->state,
                      "the state file, which keeps the index over a restart; none: no file")
      ->type_name("FILE");
  add_duration(*command, "--start-lock-delay", o->start_lock_delay,
               "how long the agent grants no lock after an unclean stop, because it does not know "
               "the former holders (default: 60s)");
  add_duration(*command, "--session-ttl-min", o->session_ttl_min,
               "the shortest TTL of a session, as Consul's session_ttl_min (default: 10s)");
  command->add_option("--max-connections", o->connections,
                      "the limit of connections; 0: no limit")
      ->type_name("N")
      ->check(whole_number(0, most_connections))
      ->capture_default_str();
  command->add_option("--max-connections-per-client", o->connections_per_client,
                      "the limit of connections for one client address; 0: no limit")
      ->type_name("N")
      ->check(whole_number(0, most_connections))
      ->capture_default_str();
  command->add_option("--agent-token-file", o->token_file,
                      "a file with a token that all requests need, read again when it changes "
                      "(or the token itself in TENURE_AGENT_TOKEN)")
      ->type_name("FILE");
  command->add_option("--host", o->hosts,
                      "a name by which clients call an agent on the loopback, beside localhost; "
                      "may be given repeatedly")
      ->check(check_host_name)
      ->type_name("NAME")
      ->allow_extra_args(false);
  command->add_option("--tls-cert", o->tls_cert,
                      "the certificate for https:// addresses, with its chain, in PEM")
      ->type_name("FILE");
  command->add_option("--tls-key", o->tls_key, "the key of the certificate, in PEM")
      ->type_name("FILE");
  command->add_option("--tls-client-ca", o->tls_client_ca,
                      "clients of https:// addresses must show a certificate that one of these "
                      "authorities signed")
      ->type_name("FILE");
  command->add_option("--node", o->node_name, "the node's name")
      ->check(check_host_name)
      ->type_name("NAME")
      ->capture_default_str();
  command->add_option("--as", o->as, "the version of Consul to answer as: 1.8 or 1.21")
      ->type_name("VERSION")
      ->capture_default_str();
  command->add_option("--log-level", o->log_level, "trace, debug, info, warn, error or off")
      ->type_name("LEVEL")
      ->envname("TENURE_LOG_LEVEL")
      ->capture_default_str();
  command->footer(
      "Answers as Consul does: sessions, keys, locks, transactions, blocking queries,\n"
      "services. --as chooses the version, as statuses, texts and limits differ. Keys\n"
      "and sessions are in memory, and end with the process. The index continues to\n"
      "grow over restarts, and with it the fencing tokens: it is in the state file\n"
      "  $XDG_STATE_HOME/tenure/agent-ADDR.state\n"
      "or below ~/.local/state or, for root, /var/lib. After a crash, without a state\n"
      "file, or if within the minute before its stop a session lost a lock or a release\n"
      "was not clean, the agent grants no lock for a minute: a former holder may still\n"
      "act on its lock. To try things out: --start-lock-delay 0\n"
      "\n"
      "https:// addresses speak TLS, by --tls-cert and --tls-key. A file that changes is\n"
      "read again for new connections; files that do not match are not used, and a\n"
      "warning says so.\n"
      "\n"
      "On the loopback the agent refuses requests whose Host is no IP address, localhost\n"
      "or a name of --host: a web page could send them. Where other machines reach it,\n"
      "use TLS and --agent-token-file or --tls-client-ca: else a warning says so.\n"
      "Clients send the token as any Consul token: CONSUL_HTTP_TOKEN.\n"
      "\n"
      "SIGINT, SIGTERM and SIGHUP stop the agent. Exit codes: 64 a bad address, state\n"
      "file or TLS file, 69 an address or a state file in use.\n"
      "\n"
      "  tenure agent --start-lock-delay 0 &\n"
      "  tenure run service/backup/leader -- ./backup.sh\n"
      "\n"
      "  tenure agent --listen https://127.0.0.1:8501 --listen 127.0.0.1:8500 \\\n"
      "      --tls-cert server.pem --tls-key server-key.pem --tls-client-ca ca.pem");
  command->callback([o, &chosen] { chosen = [o] { return serve(*o); }; });
}

}  // namespace tenure::apps
