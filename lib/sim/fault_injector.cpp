// What goes wrong, and when: each kind of fault at random times about its mean interval apart.
#include <algorithm>

#include "sim/simulation.hpp"

namespace tenure::sim {

using namespace std::chrono_literals;

void simulation::plague() {
  const fault_intervals& c = scenario_.faults;
  every(c.partition, &simulation::partition);
  every(c.clog, &simulation::clog);
  every(c.crash, &simulation::crash);
  every(c.pause, &simulation::pause);
  every(c.restart, &simulation::restart);
  every(c.leader_change, &simulation::change_leader);
  every(c.quorum_loss, &simulation::lose_quorum);
  every(c.deposed, &simulation::depose_leader);
  every(c.server_restart, &simulation::restart_server);
  every(c.agent_restart, &simulation::restart_agent);
  every(c.spurious, &simulation::wake_all);
  every(c.lock_delay_loss, &simulation::lose_lock_delays);
  every(c.node_loss, &simulation::lose_node);
  every(c.check_loss, &simulation::lose_checks);
  every(c.service_loss, &simulation::lose_service);
  every(c.heartbeat_loss, &simulation::lose_heartbeats);
  every(c.operator_delete, &simulation::operator_deletes);
  every(c.operator_put, &simulation::operator_puts);
  every(c.operator_release, &simulation::operator_releases);
  every(c.operator_destroy, &simulation::operator_destroys);
  every(c.operator_depose, &simulation::operator_deposes);
}

void simulation::every(duration mean, void (simulation::*what)()) {
  if (mean == 0s) return;
  world_.after(world_.between(0s, 2 * mean), [this, mean, what] {
    if (!faults_) return;
    (this->*what)();
    every(mean, what);
  });
}

simulation::process_ptr simulation::victim() {
  std::vector<process_ptr> alive;
  for (const auto& m : processes_) {
    if (m->alive()) alive.push_back(m);
  }
  return alive.empty() ? nullptr : alive[world_.below(alive.size())];
}

std::string simulation::some_key() { return election_key(world_.below(scenario_.elections)); }

// -- the network ---------------------------------------------------------------------------------

void simulation::partition() {
  const auto m = victim();
  if (!m) return;
  const duration longest = std::max<duration>(scenario_.span * 3, 20s);
  const time_point until = world_.now() + world_.between(500ms, longest);
  const std::uint64_t which = world_.below(4);
  if (which != 0) m->link().path.out_cut_until = until;
  if (which != 1) m->link().path.in_cut_until = until;
  world_.probes.hit(which > 1 ? "partition" : "asymmetric partition");
  world_.note(m->name(), which > 1 ? "cut off" : which == 0 ? "hears nothing" : "is not heard");
}

void simulation::clog() {
  const auto m = victim();
  if (!m) return;
  const std::size_t lane = world_.below(3);
  m->link().path.clogged_until[lane] = world_.now() + world_.between(200ms, 20s);
  world_.probes.hit("lane clogged");
  world_.note(m->name(), "clogged", {}, lane);
}

// -- processes -----------------------------------------------------------------------------------

void simulation::crash() {
  const auto m = victim();
  if (!m) return;
  world_.probes.hit("process crashed");
  replace_later(m, world_.between(0s, 20s));
  m->crash();
}

void simulation::restart() {
  const auto m = victim();
  if (!m) return;
  world_.probes.hit("process restarted");
  replace_later(m, world_.between(0s, 10s));
  m->stop();
}

void simulation::pause() {
  const auto m = victim();
  if (!m || m->paused()) return;
  world_.probes.hit("process paused");
  m->pause();
  world_.after(world_.between(10ms, std::max<duration>(scenario_.span * 3, 5s)), [this, m] {
    if (!m->paused()) return;
    world_.note(m->name(), "resumed");
    m->resume();
  });
}

// -- the server ----------------------------------------------------------------------------------

void simulation::change_leader() { server_.change_leader(world_.between(0s, 5s)); }
void simulation::lose_quorum() { server_.lose_quorum(world_.between(1s, 40s)); }
void simulation::depose_leader() { server_.depose(world_.between(1s, 20s)); }
void simulation::restart_server() { server_.restart(world_.between(0s, 10s)); }
void simulation::restart_agent() { server_.restart_agent(world_.between(0s, 10s)); }
void simulation::wake_all() { server_.wake_all(); }
void simulation::lose_lock_delays() { server_.shorten_lock_delays(); }

// A node that is declared dead takes all its sessions along.
void simulation::lose_node() {
  const auto m = victim();
  if (!m) return;
  world_.probes.hit("node lost");
  for (std::size_t i = 0; i < scenario_.elections; ++i) {
    const key_timeline& k = truth_.of(election_key(i));
    const holding* s = k.current();
    if (s == nullptr || s->by != m->number()) continue;
    const std::string session = s->session;
    server_.ask(runtime::http_request("PUT", "/v1/session/destroy/" + session), the_server);
  }
}

// An agent was restarted and has forgotten what was registered with it: services, checks, and with
// them the sessions that hang on them, while keys and servers go on.
void simulation::lose_checks() { server_.forget_services(false); }

// An operator takes one of the processes' services away.
void simulation::lose_service() { server_.forget_services(true); }

void simulation::lose_heartbeats() {
  const auto m = victim();
  if (!m) return;
  world_.probes.hit("heartbeats lost");
  world_.note(m->name(), "has no heartbeat");
  m->link().path.no_heartbeat_until = world_.now() + world_.between(200ms, 20s);
}

// -- operators -----------------------------------------------------------------------------------

void simulation::operator_deletes() {
  world_.probes.hit("operator deleted a key");
  server_.ask(runtime::http_request("DELETE", "/v1/kv/" + some_key()));
}

std::string simulation::unrelated_key(std::size_t i) {
  return "e/" + std::to_string(i % 3) + "/litter/" + std::to_string(i);
}

void simulation::operator_puts() {
  if (scenario_.unrelated_keys != 0) {
    world_.probes.hit("a key of others written");
    server_.ask(runtime::http_request("PUT", "/v1/kv/" + unrelated_key(world_.below(scenario_.unrelated_keys)),
                                      std::to_string(world_.below(1000))));
  }
  world_.probes.hit("operator wrote over a key");
  server_.ask(runtime::http_request("PUT", "/v1/kv/" + some_key(),
                                    world_.chance_of(0.3) ? "" : "an operator was here"));
}

void simulation::operator_releases() {
  const std::string key = some_key();
  const holding* s = truth_.of(key).current();
  if (s == nullptr) return;
  const std::string session = s->session;
  world_.probes.hit("operator released a key");
  server_.ask(runtime::http_request("PUT", "/v1/kv/" + key + "?release=" + session,
                                    world_.chance_of(0.5) ? "" : "released"));
}

void simulation::operator_destroys() {
  const holding* s = truth_.of(some_key()).current();
  if (s == nullptr) return;
  const std::string session = s->session;
  world_.probes.hit("operator destroyed a session");
  server_.ask(runtime::http_request("PUT", "/v1/session/destroy/" + session));
}

void simulation::operator_deposes() {
  const auto m = victim();
  if (m) m->depose(world_.below(scenario_.elections));
}

}  // namespace tenure::sim
