#include "sim/fault_injector.hpp"

#include <algorithm>

#include "sim/safety_checker.hpp"

namespace tenure::sim {

using namespace std::chrono_literals;

fault_injector::fault_injector(run_context& context, process_set& processes,
                               const ground_truth& truth)
    : world_(context.world),
      scenario_(context.scenario),
      server_(context.server),
      processes_(processes),
      truth_(truth),
      slots_(context.checker.slots()) {}

void fault_injector::start() {
  const fault_intervals& c = scenario_.faults;
  repeat(c.partition, &fault_injector::partition);
  repeat(c.clog, &fault_injector::clog);
  repeat(c.crash, &fault_injector::crash);
  repeat(c.pause, &fault_injector::pause);
  repeat(c.restart, &fault_injector::restart);
  repeat(c.leader_change, &fault_injector::change_leader);
  repeat(c.quorum_loss, &fault_injector::lose_quorum);
  repeat(c.deposed, &fault_injector::depose_raft_leader);
  repeat(c.server_restart, &fault_injector::restart_server);
  repeat(c.agent_restart, &fault_injector::restart_agent);
  repeat(c.spurious, &fault_injector::wake_all);
  repeat(c.lock_delay_loss, &fault_injector::lose_lock_delays);
  repeat(c.node_loss, &fault_injector::lose_node);
  repeat(c.check_loss, &fault_injector::lose_checks);
  repeat(c.service_loss, &fault_injector::lose_service);
  repeat(c.heartbeat_loss, &fault_injector::lose_heartbeats);
  repeat(c.operator_delete, &fault_injector::operator_deletes);
  repeat(c.operator_put, &fault_injector::operator_puts);
  repeat(c.operator_release, &fault_injector::operator_releases);
  repeat(c.operator_destroy, &fault_injector::operator_destroys);
  repeat(c.operator_depose, &fault_injector::operator_deposes);
  repeat(c.data_loss, &fault_injector::lose_data);
  repeat(c.redeploy, &fault_injector::redeploy);
  start_groups();
  start_semaphores();
}

void fault_injector::repeat(duration mean, fault inject) {
  if (mean == 0s) return;
  world_.after(world_.between(0s, 2 * mean), [this, mean, inject] {
    if (!running_) return;
    (this->*inject)();
    repeat(mean, inject);
  });
}

std::string fault_injector::random_key() {
  return election_key(world_.below(scenario_.elections));
}

const holding* fault_injector::random_holding() { return truth_.of(random_key()).current(); }

// -- the network ---------------------------------------------------------------------------------

void fault_injector::partition() {
  const auto p = processes_.random_alive();
  if (!p) return;
  const duration longest = std::max<duration>(scenario_.span * 3, 20s);
  const time_point until = world_.now() + world_.between(500ms, longest);
  const std::uint64_t which = world_.below(4);
  if (which != 0) p->link().faults.out_cut_until = until;
  if (which != 1) p->link().faults.in_cut_until = until;
  world_.probes.hit(which > 1 ? "partition" : "asymmetric partition");
  world_.note(p->name(), which > 1 ? "cut off" : which == 0 ? "hears nothing" : "is not heard");
}

void fault_injector::clog() {
  const auto p = processes_.random_alive();
  if (!p) return;
  const std::size_t lane = world_.below(3);
  p->link().faults.clogged_until[lane] = world_.now() + world_.between(200ms, 20s);
  world_.probes.hit("lane clogged");
  world_.note(p->name(), "clogged", {}, lane);
}

// -- processes -----------------------------------------------------------------------------------

void fault_injector::crash() {
  const auto p = processes_.random_alive();
  if (!p) return;
  world_.probes.hit("process crashed");
  processes_.replace_later(p, world_.between(0s, 20s));
  p->crash();
}

void fault_injector::restart() {
  const auto p = processes_.random_alive();
  if (!p) return;
  world_.probes.hit("process restarted");
  processes_.replace_later(p, world_.between(0s, 10s));
  p->stop();
}

void fault_injector::pause() {
  const auto p = processes_.random_alive();
  if (!p || p->paused()) return;
  world_.probes.hit("process paused");
  p->pause();
  world_.after(world_.between(10ms, std::max<duration>(scenario_.span * 3, 5s)), [this, p] {
    if (!p->paused()) return;
    world_.note(p->name(), "resumed");
    p->resume();
  });
}

// -- the server ----------------------------------------------------------------------------------

void fault_injector::change_leader() { server_.change_leader(world_.between(0s, 5s)); }
void fault_injector::lose_quorum() { server_.lose_quorum(world_.between(1s, 40s)); }
void fault_injector::depose_raft_leader() { server_.depose(world_.between(1s, 20s)); }
void fault_injector::restart_server() { server_.restart(world_.between(0s, 10s)); }
void fault_injector::restart_agent() { server_.restart_agent(world_.between(0s, 10s)); }

// The processes stop, then the agent, and all of them start again. A process that is cut off knows
// nothing of it.
void fault_injector::redeploy() {
  world_.probes.hit("agent restarted together with its clients");
  for (const process_ptr& p : processes_.current()) {
    const link_faults& faults = p->link().faults;
    const bool cut = std::max(faults.out_cut_until, faults.in_cut_until) > world_.now();
    if (!p->alive() || cut) continue;
    processes_.replace_later(p, world_.between(2s, 4s));
    p->stop();
  }
  world_.after(1s, [this] {
    if (running_) server_.restart_agent(world_.between(0s, 1s));
  });
}

// As the library's log line asks, operators restart each process: it leads only with a fence above
// all that it has seen, and those of an empty server are lower.
void fault_injector::lose_data() {
  server_.lose_data(world_.between(0s, 10s));
  snapshots_.clear();  // their indexes are those of another history
  for (const process_ptr& p : processes_.current()) {
    world_.after(world_.between(0s, 20s), [this, p] {
      if (!p->alive()) return;
      world_.probes.hit("process restarted after the loss of all data");
      processes_.replace_later(p, world_.between(0s, 5s));
      p->stop();
    });
  }
}

void fault_injector::wake_all() { server_.wake_all(); }
void fault_injector::lose_lock_delays() { server_.shorten_lock_delays(); }

// A node that is declared dead loses all its sessions.
void fault_injector::lose_node() {
  const auto p = processes_.random_alive();
  if (!p) return;
  world_.probes.hit("node lost");
  for (std::size_t i = 0; i < scenario_.elections; ++i) {
    const holding* h = truth_.of(election_key(i)).current();
    if (h == nullptr || h->by != p->number()) continue;
    const std::string session = h->session;
    server_.serve_now(runtime::http_request("PUT", "/v1/session/destroy/" + session), the_server);
  }
}

// An agent restarts without its services and checks. The sessions bound to them end; the servers
// and the keys stay.
void fault_injector::lose_checks() { server_.lose_services(service_loss::all); }

// An operator deregisters the service of a process.
void fault_injector::lose_service() { server_.lose_services(service_loss::one); }

void fault_injector::lose_heartbeats() {
  const auto p = processes_.random_alive();
  if (!p) return;
  world_.probes.hit("heartbeats lost");
  world_.note(p->name(), "has no heartbeat");
  p->link().faults.no_heartbeat_until = world_.now() + world_.between(200ms, 20s);
}

// -- operators -----------------------------------------------------------------------------------

void fault_injector::operator_deletes() {
  world_.probes.hit("operator deleted a key");
  server_.serve_now(runtime::http_request("DELETE", "/v1/kv/" + random_key()));
}

void fault_injector::operator_puts() {
  if (scenario_.unrelated_keys != 0) {
    world_.probes.hit("a key of others written");
    server_.serve_now(runtime::http_request(
        "PUT", "/v1/kv/" + unrelated_key(world_.below(scenario_.unrelated_keys)),
        std::to_string(world_.below(1000))));
  }
  world_.probes.hit("operator wrote over a key");
  server_.serve_now(runtime::http_request("PUT", "/v1/kv/" + random_key(),
                                          world_.chance_of(0.3) ? "" : "an operator was here"));
}

void fault_injector::operator_releases() {
  const std::string key = random_key();
  const holding* h = truth_.of(key).current();
  if (h == nullptr) return;
  const std::string session = h->session;
  world_.probes.hit("operator released a key");
  server_.serve_now(runtime::http_request("PUT", "/v1/kv/" + key + "?release=" + session,
                                          world_.chance_of(0.5) ? "" : "released"));
}

void fault_injector::operator_destroys() {
  const holding* h = random_holding();
  if (h == nullptr) return;
  const std::string session = h->session;
  world_.probes.hit("operator destroyed a session");
  server_.serve_now(runtime::http_request("PUT", "/v1/session/destroy/" + session));
}

void fault_injector::operator_deposes() {
  const auto p = processes_.random_alive();
  if (p) p->depose(world_.below(scenario_.elections));
}

std::string unrelated_key(std::size_t i) {
  return "e/" + std::to_string(i % 3) + "/litter/" + std::to_string(i);
}

}  // namespace tenure::sim
