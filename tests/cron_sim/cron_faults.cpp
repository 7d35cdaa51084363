#include "cron_sim/cron_faults.hpp"

#include <algorithm>

namespace tenure::cron_sim {

using namespace std::chrono_literals;

cron_faults::cron_faults(fleet& all, const sim::ground_truth& truth)
    : all_(all),
      truth_(truth),
      world_(all.simulated.world),
      server_(all.simulated.server) {}

void cron_faults::start() {
  const sim::fault_intervals& c = all_.scenario.consul.faults;
  repeat(c.partition, &cron_faults::partition);
  repeat(c.clog, &cron_faults::clog);
  repeat(c.crash, &cron_faults::crash);
  repeat(c.pause, &cron_faults::pause);
  repeat(c.restart, &cron_faults::restart);
  repeat(c.leader_change, &cron_faults::change_raft_leader);
  repeat(c.quorum_loss, &cron_faults::lose_quorum);
  repeat(c.deposed, &cron_faults::depose_raft_leader);
  repeat(c.server_restart, &cron_faults::restart_server);
  repeat(c.agent_restart, &cron_faults::restart_agent);
  repeat(c.spurious, &cron_faults::wake_all);
  repeat(c.lock_delay_loss, &cron_faults::lose_lock_delays);
  repeat(c.node_loss, &cron_faults::lose_node);
  repeat(c.check_loss, &cron_faults::lose_checks);
  repeat(c.service_loss, &cron_faults::lose_service);
  repeat(c.operator_delete, &cron_faults::delete_key);
  repeat(c.operator_put, &cron_faults::write_key);
  repeat(c.operator_release, &cron_faults::release_key);
  repeat(c.operator_destroy, &cron_faults::destroy_session);
  repeat(all_.scenario.step, &cron_faults::step_clock);
  repeat(all_.scenario.jump, &cron_faults::jump_clock);
  repeat(all_.scenario.move, &cron_faults::move_leader);
  repeat(all_.scenario.run_job, &cron_faults::order_run);
  repeat(all_.scenario.pause_job, &cron_faults::pause_job);
}

void cron_faults::repeat(duration mean, fault inject) {
  if (mean == 0s) return;
  world_.after(world_.between(0s, 2 * mean), [this, mean, inject] {
    if (!running_) return;
    (this->*inject)();
    repeat(mean, inject);
  });
}

void cron_faults::stop() {
  running_ = false;
  for (const std::size_t slot : wrong_) {
    const duration offset = world_.between(0s, 2 * all_.scenario.most_skew);
    set_clock(slot, offset - all_.scenario.most_skew);
  }
  wrong_.clear();
  for (const auto& r : all_.replicas) {
    r->link().faults = sim::link_faults();
    r->resume();
  }
  for (const job_plan& j : all_.scenario.jobs) {
    const std::string key = std::string(ledger_root) + "/control/paused/" + j.what->name;
    server_.serve_now(runtime::http_request("DELETE", "/v1/kv/" + key));
  }
  // Those of operators whose process crashed before it ended them.
  const std::string drains = sim::group_prefix(0) + "/members/.drained/";
  server_.serve_now(runtime::http_request("DELETE", "/v1/kv/" + drains + "?recurse"));
}

std::shared_ptr<replica> cron_faults::random_alive() {
  std::vector<std::shared_ptr<replica>> alive;
  for (const auto& r : all_.replicas) {
    if (r->alive()) alive.push_back(r);
  }
  return alive.empty() ? nullptr : alive[world_.below(alive.size())];
}

// -- replicas ------------------------------------------------------------------------------------

void cron_faults::launch(std::size_t slot) {
  const auto number = static_cast<sim::actor>(all_.replicas.size());
  const auto made = std::make_shared<replica>(all_, number, slot);
  all_.replicas.push_back(made);
  made->start();
}

void cron_faults::start_again(std::size_t slot, duration wait) {
  ++restarting_;
  world_.after(wait, [this, slot] {
    --restarting_;
    launch(slot);
  });
}

void cron_faults::crash() {
  const auto r = random_alive();
  if (!r) return;
  world_.probes.hit("replica crashed");
  start_again(r->slot(), world_.between(0s, 20s));
  r->crash();
}

void cron_faults::restart() {
  const auto r = random_alive();
  if (!r) return;
  world_.probes.hit("replica restarted");
  start_again(r->slot(), world_.between(0s, 10s));
  r->stop();
}

void cron_faults::pause() {
  const auto r = random_alive();
  if (!r || r->paused()) return;
  world_.probes.hit("replica paused");
  r->pause();
  const duration most = std::max<duration>(all_.scenario.consul.span * 3, 5s);
  // Not the replica itself: the world that keeps this outlives the clocks of the machines.
  world_.after(world_.between(10ms, most), [weak = std::weak_ptr(r)] {
    if (const auto found = weak.lock()) found->resume();
  });
}

void cron_faults::move_leader() {
  const auto r = random_alive();
  if (r) r->move_leader();
}

// -- the network and the servers -----------------------------------------------------------------

void cron_faults::partition() {
  const auto r = random_alive();
  if (!r) return;
  const duration longest = std::max<duration>(all_.scenario.consul.span * 3, 20s);
  const time_point until = world_.now() + world_.between(500ms, longest);
  const std::uint64_t which = world_.below(4);
  if (which != 0) r->link().faults.out_cut_until = until;
  if (which != 1) r->link().faults.in_cut_until = until;
  world_.probes.hit(which > 1 ? "partition" : "asymmetric partition");
  world_.note(r->name(), which > 1 ? "cut off" : which == 0 ? "hears nothing" : "is not heard");
}

void cron_faults::clog() {
  const auto r = random_alive();
  if (!r) return;
  const std::size_t lane = world_.below(3);
  r->link().faults.clogged_until[lane] = world_.now() + world_.between(200ms, 20s);
  world_.probes.hit("lane clogged");
  world_.note(r->name(), "clogged", {}, lane);
}

void cron_faults::change_raft_leader() { server_.change_leader(world_.between(0s, 5s)); }
void cron_faults::lose_quorum() { server_.lose_quorum(world_.between(1s, 20s)); }
void cron_faults::depose_raft_leader() { server_.depose(world_.between(1s, 20s)); }
void cron_faults::restart_server() { server_.restart(world_.between(0s, 10s)); }
void cron_faults::wake_all() { server_.wake_all(); }
void cron_faults::lose_lock_delays() { server_.shorten_lock_delays(); }
void cron_faults::lose_checks() { server_.lose_services(sim::service_loss::all); }
void cron_faults::lose_service() { server_.lose_services(sim::service_loss::one); }

void cron_faults::restart_agent() {
  server_.restart_agent(world_.between(0s, 10s));
  all_.checker.consul_erased();
}

void cron_faults::lose_node() {
  const auto r = random_alive();
  if (!r) return;
  world_.probes.hit("node lost");
  for (std::size_t i = 0; i < all_.scenario.lanes(); ++i) {
    const sim::holding* h = truth_.of(sim::election_key(i)).current();
    if (h == nullptr || h->by != r->number()) continue;
    const std::string session = h->session;
    server_.serve_now(runtime::http_request("PUT", "/v1/session/destroy/" + session),
                      sim::the_server);
  }
}

// -- clocks --------------------------------------------------------------------------------------

void cron_faults::set_clock(std::size_t slot, duration offset) {
  world_.note("machine " + std::to_string(slot), "clock set", {},
              static_cast<std::uint64_t>(offset / 1ms));
  all_.clocks[slot]->set_offset(offset);
}

void cron_faults::step_clock() {
  const std::size_t slot = world_.below(all_.clocks.size());
  if (wrong_.contains(slot)) return;
  world_.probes.hit("wall clock set");
  const duration most = all_.scenario.most_skew;
  set_clock(slot, world_.between(0s, 2 * most) - most);
}

void cron_faults::jump_clock() {
  const std::size_t slot = world_.below(all_.clocks.size());
  if (wrong_.contains(slot)) return;
  world_.probes.hit("wall clock wrong by minutes or hours");
  all_.checker.clock_jumped();
  wrong_.insert(slot);
  const duration far = world_.chance_of(0.5) ? world_.between(15s, 10min)
                                             : world_.between(10min, 3h);
  set_clock(slot, world_.chance_of(0.5) ? far : -far);
  world_.after(world_.between(2s, 60s), [this, slot] {
    if (wrong_.erase(slot) == 0) return;
    const duration most = all_.scenario.most_skew;
    set_clock(slot, world_.between(0s, 2 * most) - most);
  });
}

// -- operators -----------------------------------------------------------------------------------

std::string cron_faults::random_job() {
  return all_.scenario.jobs[world_.below(all_.scenario.jobs.size())].what->name;
}

std::string cron_faults::note_of(const std::string& job) const {
  const auto at = all_.scenario.epoch.time_since_epoch() + world_.now().time_since_epoch();
  return "{\"job\":\"" + job + "\",\"by\":\"operator\",\"at\":" + std::to_string(at / 1ms) + "}";
}

void cron_faults::put(const std::string& key, const std::string& value) {
  server_.serve_now(runtime::http_request("PUT", "/v1/kv/" + key, value));
}

void cron_faults::order_run() {
  const std::string job = random_job();
  world_.probes.hit("operator ordered a run");
  put(std::string(ledger_root) + "/control/run/order" + std::to_string(orders_++), note_of(job));
}

void cron_faults::pause_job() {
  const std::string job = random_job();
  const std::string key = std::string(ledger_root) + "/control/paused/" + job;
  world_.probes.hit("operator paused a job");
  put(key, note_of(job));
  world_.after(world_.between(1s, 40s), [this, key] {
    server_.serve_now(runtime::http_request("DELETE", "/v1/kv/" + key));
  });
}

void cron_faults::delete_key() {
  world_.probes.hit("operator deleted a key");
  server_.serve_now(runtime::http_request("DELETE", "/v1/kv/" + random_key()));
}

void cron_faults::write_key() {
  world_.probes.hit("operator wrote over a key");
  put(random_key(), world_.chance_of(0.3) ? "" : "an operator was here");
}

void cron_faults::release_key() {
  const std::string key = random_key();
  const sim::holding* h = truth_.of(key).current();
  if (h == nullptr) return;
  world_.probes.hit("operator released a key");
  put(key + "?release=" + std::string(h->session), world_.chance_of(0.5) ? "" : "released");
}

void cron_faults::destroy_session() {
  const sim::holding* h = truth_.of(random_key()).current();
  if (h == nullptr) return;
  const std::string session = h->session;
  world_.probes.hit("operator destroyed a session");
  server_.serve_now(runtime::http_request("PUT", "/v1/session/destroy/" + session));
}

}  // namespace tenure::cron_sim
