#include "sidecar/http/metrics.hpp"

#include <cstdio>

namespace tenure::sidecar {
namespace {

/// Builds the text of an exposition.
class exposition {
 public:
  void head(const char* name, const char* type, const char* help) {
    out_ += std::string("# HELP ") + name + ' ' + help + "\n# TYPE " + name + ' ' + type + '\n';
    name_ = name;
  }
  void value(std::uint64_t v) { out_ += std::string(name_) + ' ' + std::to_string(v) + '\n'; }
  /// Labels need no escaping: they are names of elections or classes of status.
  void value(const char* label, std::string_view label_value, const std::string& v) {
    out_ += std::string(name_) + '{' + label + "=\"" + std::string(label_value) + "\"} " + v + '\n';
  }
  void value(const char* label, std::string_view label_value, std::uint64_t v) {
    value(label, label_value, std::to_string(v));
  }
  void single(const char* name, const char* type, const char* help, std::uint64_t v) {
    head(name, type, help);
    value(v);
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
  const char* name_ = "";
};

std::uint64_t unsigned_of(std::int64_t counter) { return static_cast<std::uint64_t>(counter); }

/// The library's figures under the elector's names, and what only the sidecar knows.
void totals(exposition& out, const metrics_input& in) {
  out.single("elector_elections_won", "counter", "Terms of this process that began.",
             unsigned_of(in.library.value(metric::terms_begun)));
  out.single("elector_elections_lost", "counter", "Terms of this process that ended.",
             unsigned_of(in.library.total(metric::terms_ended_resigned)));
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

void http(exposition& out, const metrics_input& in) {
  out.single("tenure_http_connections", "gauge", "Open connections.", in.connections);
  out.single("tenure_http_subscribers", "gauge", "Open event streams of elections.",
             in.subscribers);
  out.single("tenure_http_status_pages", "gauge", "Open event streams of status pages.", in.feeds);
  out.single("tenure_http_refused_total", "counter",
             "Connections and requests refused because of a limit.", in.refused);
  out.head("tenure_http_answers_total", "counter", "Responses, by class of status.");
  for (unsigned c = 2; c <= 5; ++c) {
    const auto found = in.responses.find(c);
    out.value("code", std::to_string(c) + "xx", found == in.responses.end() ? 0 : found->second);
  }
}

void each(exposition& out, const metrics_input& in) {
  const auto& all = in.registry.all();
  out.head("tenure_election_leading", "gauge", "1 while this process leads.");
  for (const auto& e : all) {
    out.value("election", e->options.name, e->remaining_lease() ? 1 : 0);
  }
  out.head("tenure_election_lease_seconds", "gauge",
           "Remaining lease of this process; 0 without one.");
  for (const auto& e : all) {
    char seconds[32];
    const auto left = e->remaining_lease().value_or(duration(0));
    std::snprintf(seconds, sizeof seconds, "%.3f", std::chrono::duration<double>(left).count());
    out.value("election", e->options.name, seconds);
  }
  out.head("tenure_election_fence", "gauge", "Fencing token of the leader; 0 without a leader.");
  for (const auto& e : all) {
    const leader& who = e->election.state().leader;
    out.value("election", e->options.name, who.present() ? who.fence : 0);
  }
  out.head("tenure_election_leader_changes_total", "counter", "Observed changes of leader.");
  for (const auto& e : all) out.value("election", e->options.name, e->leader_changes());
}

}  // namespace

std::string metrics_text(const metrics_input& in) {
  exposition out;
  totals(out, in);
  http(out, in);
  if (in.registry.all().size() <= in.max_elections) each(out, in);
  return out.take() + in.library.prometheus_text();
}

}  // namespace tenure::sidecar
