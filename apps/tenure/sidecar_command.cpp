// The command line of tenure sidecar.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tenure/agent_services.hpp>
#include <tenure/token_source.hpp>
#include <utility>
#include <vector>

#include "common/log/json_log.hpp"
#include "common/log/line_writer.hpp"
#include "common/options.hpp"
#include "common/regular_file.hpp"
#include "common/service/service_manager.hpp"
#include "sidecar/config/env_config.hpp"
#include "sidecar/config/file.hpp"
#include "sidecar/log/late_log.hpp"
#include "sidecar/main/sidecar.hpp"
#include "tenure/subcommand.hpp"

namespace tenure::apps {
namespace {

constexpr const char* more_help =
    R"(Runs elections for other programs and reports the leader: over HTTP (GET /,
GET /sse, a status page at /ui, metrics), in the tags of a Consul service, by hooks,
and by a command that runs only while this process leads.

FILE is YAML:

  elections:
    - name: db                         # the key is service/db/leader by default
    - name: mail
      key: service/mail/leader
      value: host-a                    # what the leader publishes (default: host name)
      span: 15s
  http:
    listen: localhost:4040             # the default

Without FILE the environment configures one election: by ELECTOR_ELECTION and the
other variables of the nais elector, or by those of consul-leader
(CONSUL_LEADER_...). docs/sidecar.md lists them all.

SIGTERM removes what the outputs wrote, releases the keys and exits with 0, within the
time of --shutdown; a second SIGTERM ends the process at once. SIGHUP reads FILE again.
Exit codes:
  0   stopped by SIGTERM or SIGINT
  1   the Consul service was not found
  64  a bad file (every mistake is listed) or bad usage
  69  Consul refuses a request for another reason than the token's rights (for those it
      waits), or an address is in use
  71  an error of the operating system
  75  not all was done within the time of --shutdown; a line of the log names it

  tenure sidecar sidecar.yaml
  ELECTOR_ELECTION=db tenure sidecar)";

class arguments {
 public:
  common_options common;
  std::string file;
  bool check = false;
  std::optional<duration> shutdown;
  /// The elector's flags by the variable that each overrides.
  std::map<std::string, std::string> variables;
};

/// The flags of the nais elector.
constexpr std::pair<const char*, const char*> elector_flags[] = {
    {"--election", "ELECTOR_ELECTION"},
    {"--election-namespace", "ELECTOR_ELECTION_NAMESPACE"},
    {"--http", "ELECTOR_HTTP"},
    {"--probe-address", "ELECTOR_PROBE_ADDRESS"},
    {"--metrics-address", "ELECTOR_METRICS_ADDRESS"},
    {"--log-format", "ELECTOR_LOG_FORMAT"},
};

void complete(sidecar::config& c, const arguments& a) {
  if (!c.shutdown) c.shutdown = a.shutdown;
  c.file = a.file;
}

// For a reload: throws the first error of the file. It must not hold up the event loop, so nothing
// but a regular file is read, no token file and no token command again.
sidecar::config load_again(const arguments& a) {
  config_errors errors;
  sidecar::config c = sidecar::read_config_again(read_regular_file(a.file), errors);
  complete(c, a);
  const std::vector<config_error> all = errors.take();
  if (all.empty()) return c;
  std::string text = a.file + ":" + std::to_string(all[0].line) + ": " + all[0].text;
  if (all.size() > 1)
    text += " (and " + std::to_string(all.size() - 1) + " more: tenure sidecar --check " + a.file +
            ")";
  throw usage_error(text);
}

// Prints the errors of the file. Returns no configuration if it has any.
std::optional<sidecar::config> load(const arguments& a, const std::shared_ptr<log_sink>& log) {
  if (a.file.empty()) {
    const auto look_up = [&, env = sidecar::process_env()](const char* name) {
      const auto given = a.variables.find(name);
      return given != a.variables.end() ? std::optional(given->second) : env(name);
    };
    sidecar::config c = sidecar::config_from_environment(look_up, a.common.consul(log));
    c.shutdown = a.shutdown;
    return c;
  }
  if (!a.variables.empty())
    throw usage_error("--election and the other flags of the elector cannot be combined with a "
                      "FILE: write their values into it");
  config_errors errors;
  sidecar::config c =
      sidecar::read_config(read_file(a.file), a.common.consul(log), errors, log);
  complete(c, a);
  if (errors.empty()) return c;
  for (const config_error& e : errors.take()) {
    print_error("%s:%d: %s\n", a.file.c_str(), e.line, e.text.c_str());
  }
  return std::nullopt;
}

int serve(const arguments& a, const CLI::App& command) {
  const auto token_log = std::make_shared<sidecar::late_log>();
  service_manager manager;
  if (!a.check) manager.connect();
  if (const std::string error = sidecar::shutdown_error(a.shutdown); !error.empty())
    throw usage_error("--shutdown (TENURE_SHUTDOWN): " + error);
  std::optional<sidecar::config> c = load(a, token_log);
  if (!c) return exit_usage;
  if (a.check) {
    boost::asio::io_context unused{1};
    const agent_services reads_the_tls_files(unused.get_executor(), c->consul);
    if (c->http) {
      c->http->protection.make_token(silent_log());
      c->http->protection.make_tls(silent_log());
    }
    const std::size_t count = c->elections.size();
    std::printf("%s: %zu election%s\n", a.file.empty() ? "environment" : a.file.c_str(), count,
                count == 1 ? "" : "s");
    return exit_ok;
  }
  const bool level_given = command.get_option("--log-level")->count() > 0;
  const log_level level = !level_given && c->level ? *c->level : a.common.level();
  const auto log = c->json_log ? json_log(level) : program_log(level);
  token_log->set(log);
  if (!c->token_command.empty())
    c->consul.token(token_from_command(c->token_command, c->token_command_interval, log));
  ::signal(SIGPIPE, SIG_IGN);
  boost::asio::io_context io{1};
  const bool json = c->json_log;
  try {
    sidecar::config_loader reload;
    if (!a.file.empty()) reload = [&a] { return load_again(a); };
    sidecar::sidecar made(io, std::move(*c), log, std::move(reload), manager);
    boost::asio::co_spawn(io, made.run(), [](std::exception_ptr failure) {
      if (failure) std::rethrow_exception(failure);
    });
    io.run();
    return made.exit_code();
  } catch (const sidecar::fatal_error& e) {
    if (json) {
      log->log(log_level::error, "sidecar failed",
               {{"why", e.what()}, {"exit_code", e.exit_code()}});
    } else {
      print_error("tenure sidecar: %s\n", e.what());
    }
    return e.exit_code();
  }
}

}  // namespace

void add_sidecar_command(CLI::App& app, action& chosen) {
  auto a = std::make_shared<arguments>();
  CLI::App* command = app.add_subcommand(
      "sidecar", "Run elections for other programs and report the leader");
  command->add_option("FILE", a->file, "the configuration file (default: the environment)");
  command->add_flag("--check", a->check, "check the file, print its mistakes and exit");
  for (const auto& [flag, name] : elector_flags) {
    const auto set = [a, name = name](const std::string& text) { a->variables[name] = text; };
    command->add_option_function<std::string>(flag, set, std::string("overrides ") + name)
        ->group("Without a FILE");
  }
  add_duration(*command, "--shutdown", a->shutdown,
               "stop within this time after SIGTERM, 1s to 24h (default: 1m)", "TENURE_SHUTDOWN");
  a->common.add_to(*command, "info");
  command->footer(more_help);
  command->callback([a, command, &chosen] {
    chosen = [a, command] { return serve(*a, *command); };
  });
}

}  // namespace tenure::apps
