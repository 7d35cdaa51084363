#include "sidecar/metrics.hpp"

#include <cstdio>

namespace tenure::sidecar {
namespace {

constexpr standing standings[] = {standing::watching, standing::candidate, standing::pending,
                                  standing::leading, standing::stopping};

class text {
 public:
  void head(const char* name, const char* type, const char* help) {
    out_ += std::string("# HELP ") + name + ' ' + help + "\n# TYPE " + name + ' ' + type + '\n';
    name_ = name;
  }
  void value(std::uint64_t v) { out_ += std::string(name_) + ' ' + std::to_string(v) + '\n'; }
  /// Labels are names of ours, or of elections: nothing to escape in them.
  void value(const char* label, std::string_view is, const std::string& v) {
    out_ += std::string(name_) + '{' + label + "=\"" + std::string(is) + "\"} " + v + '\n';
  }
  void value(const char* label, std::string_view is, std::uint64_t v) {
    value(label, is, std::to_string(v));
  }
  void one(const char* name, const char* type, const char* help, std::uint64_t v) {
    head(name, type, help);
    value(v);
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
  const char* name_ = "";
};

void sums(text& t, const metrics_input& in) {
  const board_sums& s = in.all.sums();
  t.one("elector_elections_won", "counter", "Terms that began here.", s.won);
  t.one("elector_elections_lost", "counter", "Terms that ended here, for whatever reason.",
        s.lost);
  t.one("tenure_leader_changes_total", "counter", "Changes of leader seen, of all elections.",
        s.leader_changes);
  t.head("tenure_terms_ended_total", "counter", "Terms that ended here, by reason.");
  for (std::size_t i = 1; i < board_sums::reasons; ++i) {
    t.value("reason", to_string(static_cast<end_reason>(i)), s.ended[i]);
  }
  std::map<standing, std::uint64_t> by_standing;
  std::uint64_t unknown = 0;
  std::uint64_t failing = 0;
  for (const auto& e : in.all.entries()) {
    ++by_standing[e->election.now().standing];
    if (!e->known) ++unknown;
    if (e->election.handle().last_error()) ++failing;
  }
  t.head("tenure_elections", "gauge", "Elections, by how this process stands in them.");
  for (const standing which : standings) {
    t.value("standing", to_string(which), by_standing[which]);
  }
  t.one("tenure_elections_unknown", "gauge", "Elections of which no leader was ever read.",
        unknown);
  t.one("tenure_elections_failing", "gauge",
        "Elections whose last request to Consul failed.", failing);
}

void http(text& t, const metrics_input& in) {
  t.one("tenure_http_connections", "gauge", "Open connections.", in.connections);
  t.one("tenure_http_subscribers", "gauge", "Open streams of elections.", in.subscribers);
  t.one("tenure_http_status_pages", "gauge", "Open feeds of status pages.", in.feeds);
  t.one("tenure_http_refused_total", "counter",
        "Connections and requests refused because there were too many.", in.refused);
  t.head("tenure_http_answers_total", "counter", "Answers, by class of status.");
  for (unsigned c = 2; c <= 5; ++c) {
    const auto found = in.answers.find(c);
    t.value("code", std::to_string(c) + "xx", found == in.answers.end() ? 0 : found->second);
  }
}

void each(text& t, const metrics_input& in) {
  const auto& all = in.all.entries();
  t.head("tenure_election_leading", "gauge", "1 while this process leads.");
  for (const auto& e : all) {
    t.value("election", e->terms.name, e->lease() ? 1 : 0);
  }
  t.head("tenure_election_lease_seconds", "gauge", "How much longer our lease lasts; 0: none.");
  for (const auto& e : all) {
    char seconds[32];
    const auto left = e->lease().value_or(duration(0));
    std::snprintf(seconds, sizeof seconds, "%.3f", std::chrono::duration<double>(left).count());
    t.value("election", e->terms.name, seconds);
  }
  t.head("tenure_election_fence", "gauge", "The fencing token of the leader; 0: nobody leads.");
  for (const auto& e : all) {
    const leader& who = e->election.now().leader;
    t.value("election", e->terms.name, who.present() ? who.fence : 0);
  }
  t.head("tenure_election_leader_changes_total", "counter", "Changes of leader seen.");
  for (const auto& e : all) t.value("election", e->terms.name, e->leader_changes);
}

}  // namespace

std::string metrics_text(const metrics_input& in) {
  text t;
  sums(t, in);
  http(t, in);
  if (in.all.entries().size() <= in.most_elections) each(t, in);
  return t.take();
}

}  // namespace tenure::sidecar
