// tenure doctor: what is wrong here?
#include <csignal>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>

#include "common/argument_checks.hpp"
#include "common/json.hpp"
#include "common/option_sources.hpp"
#include "common/options.hpp"
#include "common/output.hpp"
#include "tenure/doctor/asker.hpp"
#include "tenure/doctor/network.hpp"
#include "tenure/doctor/report.hpp"
#include "tenure/doctor/rights.hpp"
#include "tenure/doctor/server.hpp"
#include "tenure/doctor/subject.hpp"
#include "tenure/subcommand.hpp"

namespace tenure::apps {
namespace {

using namespace std::chrono_literals;
using namespace tenure::doctor;

struct doctor_options {
  common_options common;
  std::string key;
  std::optional<duration> timeout;
  bool json = false;
  bool address_given = false;
};

constexpr const char* correct_it = "correct the option or the variable that it names";

const char* source_of_address(const doctor_options& o) {
  if (o.address_given) return "--http-addr";
  const char* const variable = std::getenv("CONSUL_HTTP_ADDR");
  return variable != nullptr && *variable != '\0' ? "CONSUL_HTTP_ADDR" : "the default";
}

void check_subject(report& out, asker& ask, const server_facts& server, const std::string& key) {
  subject what;
  if (!key.empty() && server.has_leader) what = find_subject(out, ask, key);
  check_rights(out, ask, server, what.wanted());
  if (key.empty()) return;
  if (!server.has_leader) {
    out.unknown("key", "without a leader of the servers nothing is known of " + key);
    return;
  }
  switch (what.kind) {
    case subject_kind::election: check_election(out, ask, what); break;
    case subject_kind::semaphore: check_semaphore(out, ask, what); break;
    case subject_kind::group: check_group(out, ask, what); break;
    case subject_kind::folder: check_folder(out, what); break;
  }
}

// `command` knows which variables gave options their values.
void examine(report& out, const doctor_options& o, const CLI::App& command) {
  const time_point end = boot_clock::now() + o.timeout.value_or(10s);
  std::optional<consul_config> config;
  std::optional<asker> ask;
  network_facts network;
  try {
    config = o.common.consul();
    // First, because it reads the TLS files: without them a handshake shows the wrong reason.
    ask.emplace(*config, end);
    network = check_network(out, *config, source_of_address(o), end);
  } catch (const usage_error& e) {
    out.problem("settings", name_variables(command, e.what()), correct_it);
  } catch (const bad_configuration& e) {
    out.problem("settings", name_variables(command, e.what()), correct_it);
  }
  if (!config) return;
  server_facts server;
  if (network.connected) server = check_server(out, *ask);
  check_limits(out, server, network, *config);
  if (server.answers) check_subject(out, *ask, server, o.key);
  if (boot_clock::now() >= end) {
    out.warning("time", "the time was over before all checks had an answer",
                "Consul is slow: a larger --timeout shows more");
  }
}

int diagnose(const doctor_options& o, const CLI::App& command) {
  ::signal(SIGPIPE, SIG_IGN);  // a server that closes the connection during the TLS handshake
  report out;
  examine(out, o, command);
  if (o.json) {
    print_line(to_json(out, o.key));
  } else {
    for (const std::string& line : to_lines(out)) print_line(line);
  }
  switch (out.worst()) {
    case verdict::problem: return exit_problem;
    case verdict::warning: return exit_warning;
    default: return exit_ok;
  }
}

constexpr const char* more_help =
    R"(Prints a line for each check, with ok, warning, problem or unknown, and below what is
wrong a line with the remedy. It reads only, and changes nothing in Consul. KEY is the
key of an election, or the prefix of a lock, a semaphore or a group: doctor says who
holds it, and why no candidate leads it yet. Of another key it names the elections
below. Without KEY it looks at Consul alone.

The checks: the address and where it was set, name, connection, TLS and certificates;
version, raft leader and servers, consistent reads, clock; the limits of files and
connections; the rights of the token, with each rule that it lacks; the key.

Exit codes: 0 all well, or unknown; 1 a warning, which includes an election without a
leader; 2 a problem, such as a Consul out of reach.

  tenure doctor
  tenure doctor service/db/leader
  tenure doctor --json service/db/leader | jq '.checks[] | select(.status != "ok")')";

}  // namespace

void add_doctor_command(CLI::App& app, action& chosen) {
  auto o = std::make_shared<doctor_options>();
  CLI::App* command = app.add_subcommand("doctor", "Find out what is wrong, and what helps");
  command->add_option("KEY", o->key,
                      "the key of an election, or the prefix of a lock, a semaphore or a group")
      ->check(check_key);
  command->add_flag("--json", o->json, "print the checks as one line of JSON");
  add_duration(*command, "--timeout", o->timeout, "how long all checks may take (default: 10s)");
  o->common.add_to(*command, "off");
  command->footer(more_help);
  command->callback([o, command, &chosen] {
    o->address_given = command->get_option("--http-addr")->count() > 0;
    chosen = [o, command] {
      if (o->timeout && *o->timeout < 100ms)
        throw usage_error("--timeout: must be 100ms or more");
      return diagnose(*o, *command);
    };
  });
}

}  // namespace tenure::apps
