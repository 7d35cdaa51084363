// tenure plan: what elections ask of Consul.
#include <cmath>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <tenure/candidacy.hpp>
#include <vector>

#include "common/argument_checks.hpp"
#include "common/json.hpp"
#include "common/options.hpp"
#include "common/output.hpp"
#include "common/text_table.hpp"
#include "tenure/plan/constants.hpp"
#include "tenure/plan/model.hpp"
#include "tenure/subcommand.hpp"

namespace tenure::apps {
namespace {

using namespace std::chrono_literals;
using tenure::plan::demand;
using tenure::plan::traffic;
using tenure::plan::workload;

struct plan_options {
  std::uint64_t elections = 0;
  std::uint64_t processes = 0;
  std::uint64_t clusters = 1;
  std::uint64_t contenders = 0;  // 0: chosen
  std::uint64_t sessions = 1;
  std::uint64_t connections = 40;
  std::uint64_t operations = 64;
  std::uint64_t queries = 0;  // 0: chosen
  std::optional<duration> span;
  std::optional<duration> ttl;
  std::optional<duration> stop_budget;
  std::optional<duration> liveness;
  std::optional<duration> wait;
  double changes = 0;
  bool group = false;
  bool json = false;
};

// Three digits, or all of a larger number.
std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, value >= 100 ? "%.0f" : "%.3g", value);
  return text;
}

std::string bytes(double count) {
  constexpr const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  for (; count >= 1024 && unit + 1 < std::size(units); ++unit) count /= 1024;
  return number(count) + ' ' + units[unit];
}

std::uint64_t share(std::uint64_t all, std::uint64_t parts) { return (all + parts - 1) / parts; }

// How many processes enter an election: all of a group, else two, or as many as it takes until each
// process has entered one.
std::uint64_t contenders_of(const plan_options& o, const workload& work) {
  if (o.group) {
    if (o.contenders != 0)
      throw usage_error("--contenders: in a group all processes enter each election: leave it out");
    return work.processes;
  }
  const std::uint64_t least = share(work.processes, work.elections);
  if (o.contenders == 0) return std::min(work.processes, std::max<std::uint64_t>(2, least));
  if (o.contenders > work.processes) {
    throw usage_error("--contenders: at most " + std::to_string(work.processes) +
                      ", the processes" + (o.clusters > 1 ? " of a cluster" : ""));
  }
  if (o.contenders < least) {
    throw usage_error("--contenders: at least " + std::to_string(least) +
                      ": with fewer some processes would enter no election");
  }
  return o.contenders;
}

// Nothing: as many as the library chooses.
std::optional<std::uint64_t> queries_of(const plan_options& o, const workload& work) {
  if (o.queries == 0) return std::nullopt;
  const std::uint64_t room = plan::most_queries(work);
  if (o.queries > room) {
    throw usage_error("--watch-prefixes: at most " + std::to_string(room) + " with " +
                      std::to_string(work.connections) +
                      " connections; see --connections");
  }
  const auto entered = static_cast<std::uint64_t>(
      std::ceil(static_cast<double>(work.elections) * static_cast<double>(work.contenders) /
                static_cast<double>(work.processes)));
  if (o.queries > entered) {
    throw usage_error("--watch-prefixes: at most " + std::to_string(entered) +
                      ", the elections that a process enters");
  }
  return o.queries;
}

workload workload_of(const plan_options& o) {
  if (o.clusters > o.processes) throw usage_error("--clusters: at most one for each process");
  if (o.operations != 64 && o.operations != 128)
    throw usage_error("--operations: 64, or 128 for Consul 1.14 and later");
  if (o.wait && *o.wait < 1s) throw usage_error("--wait: must be 1s or more");
  if (o.liveness && (*o.liveness < 500ms || *o.liveness > 10min))
    throw usage_error("--liveness: must be 500ms to 10m");
  workload work;
  work.elections = share(o.elections, o.clusters);
  work.processes = share(o.processes, o.clusters);
  work.contenders = contenders_of(o, work);
  work.span = o.span.value_or(15s);
  work.ttl = o.ttl.value_or(15s);
  work.stop_budget = o.stop_budget;
  work.liveness = o.liveness.value_or(0s);
  work.wait = o.wait.value_or(30s);
  work.sessions = o.sessions;
  work.connections = o.connections;
  work.operations = o.operations;
  work.group = o.group;
  work.queries = queries_of(o, work);
  work.changes = o.changes / static_cast<double>(o.clusters);
  candidacy how("value");
  how.span(work.span).ttl(work.ttl);
  if (work.stop_budget) how.stop_budget(*work.stop_budget);
  how.check();
  return work;
}

void print_table(const plan_options& o, const workload& work, const demand& all) {
  const traffic& one = all.process.a_second;
  const traffic& sum = all.a_second;
  const bool parts = o.clusters > 1;
  std::vector<table_row> rows{{"", "a process", parts ? "a cluster" : "all " +
                                   std::to_string(work.processes)}};
  const auto row = [&](const char* what, double process, double total) {
    rows.push_back({what, number(process), number(total)});
  };
  row("elections led", all.process.leads, static_cast<double>(work.elections));
  row("elections entered", all.process.enters,
      all.process.enters * static_cast<double>(work.processes));
  row("sessions", static_cast<double>(work.sessions), static_cast<double>(all.sessions));
  row("blocking queries", static_cast<double>(all.process.queries),
      static_cast<double>(all.queries));
  row("connections, at most", static_cast<double>(all.process.connections),
      static_cast<double>(all.connections));
  row("requests a second", one.requests(), sum.requests());
  row("  proofs (transactions)", one.proofs, sum.proofs);
  row("  polls", one.polls, sum.polls);
  row("  renewals", one.renewals, sum.renewals);
  if (work.liveness > 0s) row("  heartbeats", one.heartbeats, sum.heartbeats);
  rows.push_back({"sent a second", bytes(one.bytes_sent), bytes(sum.bytes_sent)});
  rows.push_back({"received a second", bytes(one.bytes_read), bytes(sum.bytes_read)});
  row("CPU of tenure, cores", all.process.cores,
      all.process.cores * static_cast<double>(work.processes));
  rows.push_back({"memory for elections", bytes(all.process.memory),
                  bytes(all.process.memory * static_cast<double>(work.processes))});
  for (const std::string& line : aligned(rows)) print_line(line);
  print_line("");
  rows = {{parts ? "Consul, each of " + std::to_string(o.clusters) + " clusters" : "Consul", ""},
          {"keys", number(static_cast<double>(all.keys))},
          {"CPU of the leading server, cores", number(all.server_cores)},
          {"memory of each server", bytes(all.server_memory)},
          {"transactions of a cold start", number(all.start_transactions)},
          {"transactions when a process dies", number(all.failover_transactions)}};
  for (const std::string& line : aligned(rows))
    print_line(line.substr(0, line.find_last_not_of(' ') + 1));
}

std::string field(const char* name, double value) {
  char text[64];
  std::snprintf(text, sizeof text, "\"%s\":%.6g", name, value);
  return text;
}

std::string to_json(const traffic& t) {
  return '{' + field("requests", t.requests()) + ',' + field("proofs", t.proofs) + ',' +
         field("polls", t.polls) + ',' + field("renewals", t.renewals) + ',' +
         field("heartbeats", t.heartbeats) + ',' + field("bytes_sent", t.bytes_sent) + ',' +
         field("bytes_received", t.bytes_read) + '}';
}

std::string to_json(const plan_options& o, const workload& work, const demand& all) {
  return "{\"clusters\":" + std::to_string(o.clusters) + ",\"process\":{" +
         field("leads", all.process.leads) + ',' + field("enters", all.process.enters) + ',' +
         field("queries", static_cast<double>(all.process.queries)) + ',' +
         field("connections", static_cast<double>(all.process.connections)) +
         ",\"a_second\":" + to_json(all.process.a_second) + ',' +
         field("cores", all.process.cores) + ',' + field("memory", all.process.memory) +
         "},\"cluster\":{\"elections\":" + std::to_string(work.elections) +
         ",\"processes\":" + std::to_string(work.processes) +
         ",\"sessions\":" + std::to_string(all.sessions) +
         ",\"queries\":" + std::to_string(all.queries) +
         ",\"connections\":" + std::to_string(all.connections) +
         ",\"keys\":" + std::to_string(all.keys) + ",\"a_second\":" + to_json(all.a_second) + ',' +
         field("server_cores", all.server_cores) + ',' +
         field("server_memory", all.server_memory) + ',' +
         field("start_transactions", all.start_transactions) + ',' +
         field("failover_transactions", all.failover_transactions) +
         "},\"measured_on\":" + json_string(plan::measured_on) + '}';
}

void print_notes(const workload& work, const demand& all) {
  if (all.process.enters > 50'000.0 * static_cast<double>(std::max<std::uint64_t>(
                                         all.process.queries, 1))) {
    print_line("note: a query covers more than 50,000 keys, which other processes do not list: use "
               "more connections or more processes");
  }
  if (all.server_cores > 1) {
    print_line("note: more than one core of the leading server: a longer span, more clusters");
  }
  if (work.processes > 1 && all.process.connections * 5 > 200) {
    print_line("note: a Consul agent takes 200 connections of one address unless "
               "limits.http_max_conns_per_client says otherwise: " +
               std::to_string(200 / all.process.connections) + " such processes a host");
  }
  print_line(std::string("Costs measured on ") + plan::measured_on);
}

constexpr const char* more_help =
    R"(Counts follow from how the library works; a simulation checks them within a tenth. CPU
and memory follow from the benchmarks, and vary with the machine by a factor of two.
The state planned for is a quiet one: all elections are led, and --changes leaders or
values change a second. Keys are taken to be spread, as sharded_key() makes them.

Contenders: the processes that enter an election. In a group (--group) these are all,
otherwise 2, or as many as it takes for each process to enter one. The memory is what the
elections take, beside the program itself. With --clusters the elections and processes
are divided among independent clusters of Consul, and one of them is shown.
docs/scale.md plans 1 and 100 million.

  tenure plan --elections 20000 --processes 50 --group
  tenure plan --elections 1000000 --processes 10 --span 60s --contenders 2)";

}  // namespace

void add_plan_command(CLI::App& app, action& chosen) {
  auto o = std::make_shared<plan_options>();
  CLI::App* command = app.add_subcommand("plan", "Show what elections ask of Consul");
  const auto add_count = [&](const char* name, std::uint64_t& value, const char* help,
                             std::uint64_t least = 1) {
    constexpr std::uint64_t most = 1'000'000'000'000;
    CLI::Option* option = command->add_option(name, value, help)->type_name("N");
    option->check(whole_number(least, most));
    return option;
  };
  add_count("--elections", o->elections, "how many elections there are")->required();
  add_count("--processes", o->processes, "how many processes share them")->required();
  add_count("--clusters", o->clusters, "over how many clusters they are spread (default: 1)");
  add_count("--contenders", o->contenders, "processes that enter each election");
  add_duration(*command, "--span", o->span, "the span of the leases (default: 15s)");
  add_duration(*command, "--ttl", o->ttl, "the TTL of the sessions (default: 15s)");
  add_duration(*command, "--stop-budget", o->stop_budget,
               "how long before the end of a lease its work is stopped");
  add_duration(*command, "--liveness", o->liveness, "detect a crash within this time");
  add_duration(*command, "--wait", o->wait, "how long a blocking query lasts (default: 30s)");
  add_count("--sessions", o->sessions, "sessions of a process (default: 1)");
  add_count("--connections", o->connections, "connections of a process, at most (default: 40)", 3);
  add_count("--operations", o->operations,
            "operations of a transaction: 64, or 128 since Consul 1.14 (default: 64)");
  add_count("--watch-prefixes", o->queries, "queries by which a process watches its elections");
  command->add_option("--changes", o->changes, "changes of leaders or values a second")
      ->type_name("RATE")
      ->check(decimal_number(1e9));
  command->add_flag("--group", o->group, "the processes are the members of one group");
  command->add_flag("--json", o->json, "print the plan as one line of JSON");
  command->footer(more_help);
  command->callback([o, &chosen] {
    chosen = [o] {
      const workload work = workload_of(*o);
      const demand all = plan::plan(work);
      if (o->json) {
        print_line(to_json(*o, work, all));
      } else {
        print_table(*o, work, all);
        print_line("");
        print_notes(work, all);
      }
      return exit_ok;
    };
  });
}

}  // namespace tenure::apps
