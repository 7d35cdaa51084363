#include "sidecar/http/metrics.hpp"

#include <vector>

#include "common/exposition.hpp"
#include "common/process_metrics.hpp"

namespace tenure::sidecar {
namespace {

using apps::exposition;

std::uint64_t unsigned_of(std::int64_t counter) { return static_cast<std::uint64_t>(counter); }

/// The names of the nais elector, which do not end in _total: untyped, for the linters' sake. It
/// counts a campaign as lost if another process was faster, and not the end of a term.
void elector(exposition& out, const metrics_registry& library) {
  const std::int64_t lost = library.value(metric::claims_refused_held) +
                            library.value(metric::claims_refused_changed);
  out.single("elector_elections_won", "untyped", "Campaigns that this process won.",
             unsigned_of(library.value(metric::terms_begun)));
  out.single("elector_elections_lost", "untyped",
             "Campaigns that this process lost because another one was faster.",
             unsigned_of(lost));
}

void totals(exposition& out, const metrics_input& in) {
  std::uint64_t unknown = 0;
  std::uint64_t failing = 0;
  for (const auto& e : in.registry.all()) {
    if (!e->known()) ++unknown;
    if (e->election.handle().last_error()) ++failing;
  }
  out.single("tenure_elections_unknown", "gauge", "Elections whose key has not been read yet.",
             unknown);
  out.single("tenure_elections_failing", "gauge",
             "Elections whose last request to Consul failed.", failing);
}

void outputs(exposition& out, const output_environment& env) {
  const counters& counted = *env.counted;
  out.head("tenure_hook_runs_total", "counter", "Hooks started, by hook.");
  for (const auto& [hook, runs] : counted.hooks) out.value("hook", hook, runs.started);
  out.head("tenure_hook_failures_total", "counter",
           "Hooks that failed, were killed or took too long, by hook.");
  for (const auto& [hook, runs] : counted.hooks) out.value("hook", hook, runs.failed);
  out.single("tenure_command_starts_total", "counter", "Starts of supervised commands.",
             counted.commands.started);
  out.single("tenure_command_restarts_total", "counter",
             "Starts of supervised commands after the first one of a term.",
             counted.command_restarts);
  out.single("tenure_command_failures_total", "counter",
             "Supervised commands that ended within their term, and not with status 0.",
             counted.commands.failed);
  out.single("tenure_probe_failures_total", "counter", "Probes of supervised commands that failed.",
             counted.probes_failed);
  out.head("tenure_repairs_total", "counter",
           "What another program had changed and the sidecar restored, by kind.");
  out.value("of", "label", counted.labels_repaired);
  out.value("of", "leader_file", counted.leader_files_repaired);
  out.value("of", "socket", counted.sockets_repaired);
}

/// What this process sees of each group, one metric after another.
void groups(exposition& out, const joined_groups& joined) {
  struct seen {
    std::string_view prefix;
    std::uint64_t members = 0;
    group_member_status self;
  };
  std::vector<seen> all;
  for (const auto& [prefix, g] : joined.all()) {
    all.push_back(seen{.prefix = prefix, .members = 0, .self = {}});
    for (group_member_status& m : g->members()) {
      ++all.back().members;
      if (m.self) all.back().self = std::move(m);
    }
  }
  const auto each = [&](const char* name, const char* help, auto value) {
    out.head(name, "gauge", help);
    for (const seen& one : all) out.value("group", one.prefix, std::uint64_t{value(one)});
  };
  each("tenure_group_members", "Members of the group.", [](const seen& s) { return s.members; });
  each("tenure_group_led", "Elections of the group that this process leads.",
       [](const seen& s) { return s.self.leads; });
  each("tenure_group_share", "Elections that this process leads once all moves are done.",
       [](const seen& s) { return s.self.share; });
  each("tenure_group_moves_away", "Elections that are to move away from this process.",
       [](const seen& s) { return s.self.gives; });
  each("tenure_group_moves_here", "Elections that are to move to this process.",
       [](const seen& s) { return s.self.gets; });
}

void http(exposition& out, const metrics_input& in) {
  out.single("tenure_http_connections", "gauge", "Open connections.",
             std::uint64_t{in.connections});
  out.single("tenure_http_subscribers", "gauge", "Open event streams of elections.",
             std::uint64_t{in.subscribers});
  out.single("tenure_http_status_pages", "gauge", "Open event streams of status pages.",
             std::uint64_t{in.feeds});
  out.single("tenure_http_refused_total", "counter",
             "Connections and requests refused: too many, not allowed, or not readable.",
             in.refused);
  out.head("tenure_http_answers_total", "counter", "Responses, by class of status.");
  for (unsigned c = 2; c <= 5; ++c) {
    const auto found = in.responses.find(c);
    out.value("code", std::to_string(c) + "xx",
              found == in.responses.end() ? std::uint64_t{0} : found->second);
  }
}

void each_election(exposition& out, const metrics_input& in) {
  const auto& all = in.registry.all();
  out.head("tenure_election_leading", "gauge", "1 while this process leads.");
  for (const auto& e : all) {
    out.value("election", e->options.name, std::uint64_t{e->leads_now() ? 1U : 0U});
  }
  out.head("tenure_election_lease_seconds", "gauge",
           "Remaining lease of this process; 0 without one.");
  for (const auto& e : all) {
    const auto left = e->remaining_lease().value_or(duration(0));
    out.value("election", e->options.name, std::chrono::duration<double>(left).count());
  }
  out.head("tenure_election_fence", "gauge", "Fencing token of the leader; 0 without a leader.");
  for (const auto& e : all) {
    const leader& who = e->election.state().leader;
    out.value("election", e->options.name, who.present() ? who.fence : std::uint64_t{0});
  }
  out.head("tenure_election_leader_changes_total", "counter", "Observed changes of leader.");
  for (const auto& e : all) out.value("election", e->options.name, e->leader_changes());
}

}  // namespace

std::string metrics_text(const metrics_input& in) {
  exposition out;
  elector(out, in.library);
  totals(out, in);
  outputs(out, in.env);
  groups(out, in.groups);
  http(out, in);
  if (in.registry.all().size() <= in.max_elections) each_election(out, in);
  apps::append_build_info(out);
  apps::append_process_metrics(out);
  return out.take() + in.library.prometheus_text();
}

}  // namespace tenure::sidecar
