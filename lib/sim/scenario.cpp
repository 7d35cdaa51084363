#include "sim/scenario.hpp"

#include <algorithm>
#include <cstdio>

#include "core/group/move_pace.hpp"
#include "core/lease/lease_rules.hpp"
#include "sim/dice.hpp"
#include "wire/http_client.hpp"

namespace tenure::sim {
namespace {

using namespace std::chrono_literals;

// Of Consul before 1.14.
constexpr std::size_t proofs_in_transaction = 64;

void draw_size(scenario& made, dice& draw) {
  const std::uint64_t size = draw.among(0, 99);
  made.elections = size < 72   ? draw.among(1, 3)
                : size < 94 ? draw.among(4, 16)
                : size < 99 ? draw.among(17, 100)
                            : draw.among(101, 2000);
  made.processes = made.elections <= 16    ? draw.among(2, 6)
                   : made.elections <= 100 ? draw.among(2, 4)
                                           : 2;
  made.foreign_contenders = draw.one_in(4) ? draw.among(1, 2) : 0;
  made.pool = draw.one_in(3) ? draw.among(2, 4) : 1;
  made.connections = draw.one_in(4) ? draw.among(3, 12) : draw.one_in(4) ? 80 : 40;
  made.addresses = draw.among(1, made.processes);
  made.server_limit = draw.one_in(6) ? draw.among(20, 60) : 200;
}

void draw_settings(scenario& made, dice& draw) {
  made.span = draw.one_in(4) ? draw.between(500ms, 2s) : draw.between(2s, 20s);
  made.ttl = draw.one_in(3) ? draw.between(10s, 40s) : 10s;
  const duration most_stop = made.span * 2 / 3 - std::max<duration>(50ms, made.span / 50);
  made.stop_budget = draw.one_in(3) ? draw.between(0s, most_stop)
                                  : std::min<duration>(5s, made.span / 3);
  if (draw.one_in(3)) made.lock_delay = 0s;
  else if (draw.one_in(3)) made.lock_delay = draw.between(1ms, 20s);
  made.wait = draw.one_in(3) ? draw.between(15s, 60s) : 30s;
  made.request_timeout = draw.one_in(3) ? draw.between(2s, 20s) : 10s;
  made.behavior = draw.one_in(8) ? session_behavior::remove : session_behavior::release;
  made.mixed_spans = draw.one_in(10);
  const std::uint64_t clocks = draw.among(0, 9);
  made.drift_ppm = clocks < 3 ? 0 : clocks < 9 ? 4'900 : 50'000;
  made.slow_bodies = draw.one_in(3);
  made.embedded = draw.one_in(4);
  made.activity = draw.one_in(4) ? 4 : 1;
}

void draw_network(scenario& made, dice& draw) {
  network_rates& n = made.network;
  n.quick_most = draw.one_in(3) ? draw.between(5ms, 50ms) : 2ms;
  n.slow_most = draw.between(50ms, 3s);
  n.slow = draw.share(0.3);
  n.lost_before = draw.share(0.1);
  n.lost_after = draw.share(0.1, 4);
  n.late = draw.share(0.05);
  n.reset_before = draw.share(0.1);
  n.reset_after = draw.share(0.1, 4);
  n.refused = draw.share(0.3);
  n.half_open = draw.share(0.03);
  n.closed = draw.share(0.2);
}

void draw_server(scenario& made, dice& draw) {
  server_rates& s = made.server;
  s.unknown = draw.share(0.1);
  s.stale = draw.share(0.4);
  s.backwards = draw.share(0.05, 7);
  s.silent_poll = draw.share(0.2);
  s.throttled = draw.share(0.1, 7);
  s.bypass = draw.share(1.0, 4);
  s.early_expiry = draw.one_in(2);
}

void draw_faults(scenario& made, dice& draw) {
  fault_intervals& c = made.faults;
  c.partition = draw.every(20s, 120s, 4);
  c.clog = draw.every(20s, 120s);
  c.crash = draw.every(30s, 200s, 4);
  c.pause = draw.every(20s, 120s, 4);
  c.restart = draw.every(40s, 200s);
  c.leader_change = draw.every(30s, 150s);
  c.quorum_loss = draw.every(60s, 240s, 7);
  c.deposed = draw.every(30s, 120s);
  c.server_restart = made.embedded ? 0s : draw.every(60s, 240s, 7);
  c.agent_restart = made.embedded ? draw.every(80s, 300s, 5) : 0s;
  c.spurious = draw.every(5s, 60s);
  c.lock_delay_loss = draw.every(10s, 60s);
  c.node_loss = draw.every(30s, 120s);
  c.operator_delete = draw.every(20s, 120s);
  c.operator_put = draw.every(20s, 120s);
  c.operator_release = draw.every(20s, 120s);
  c.operator_destroy = draw.every(20s, 120s, 4);
  c.operator_depose = draw.every(20s, 120s, 7);
}

/// From a separate stream, so that older seeds give the same runs if they draw no liveness.
void draw_liveness(scenario& made, dice draw) {
  if (!draw.one_in(3)) return;
  made.liveness = draw.one_in(3) ? draw.between(2s, 10s) : draw.between(500ms, 2s);
  made.faults.check_loss = draw.every(30s, 120s, 4);
  made.faults.service_loss = draw.every(30s, 120s, 4);
  made.faults.heartbeat_loss = draw.every(20s, 120s, 4);
}

/// From a separate stream, too.
void draw_tenants(scenario& made, dice draw) {
  if (made.elections > 1 && draw.one_in(3)) made.tenants = draw.among(2, 4);
}

void draw_version(scenario& made, dice draw) {
  if (draw.one_in(2)) made.version = consul_version::v1_21;
}

/// From a separate stream, too.
void draw_foreign_sessions(scenario& made, dice draw) {
  if (made.foreign_contenders > 0) made.foreign_deletes = draw.one_in(2);
}

/// Half of the runs have groups. From a separate stream, too.
void draw_groups(scenario& made, dice draw) {
  if (draw.one_in(2)) return;
  // Shares need some elections to share.
  if (made.elections < 4 && !draw.one_in(5)) made.elections += draw.among(2, 10);
  if (made.processes < 3 && made.elections <= 100 && !draw.one_in(4)) ++made.processes;
  made.groups = group_settings::draw(made.elections, draw);
  made.network.late_answer = draw.share(0.1, 4);
  made.network.late_answer_most = made.span * 2;
}

/// In a tenth of the runs without groups Consul loses its data once or twice. From a separate
/// stream, too.
void draw_data_loss(scenario& made, dice draw) {
  if (made.groups.any() || made.embedded || made.elections > 16 || !draw.one_in(5)) return;
  made.faults.data_loss = draw.between(100s, 250s);
}

/// A third of the runs of few elections have semaphores. From a separate stream, too.
void draw_semaphores(scenario& made, dice draw) {
  if (made.elections <= 16 && draw.one_in(3)) made.semaphores = semaphore_settings::draw(draw);
}

}  // namespace

scenario scenario::draw(std::uint64_t seed, std::optional<duration> faults_for) {
  scenario made;
  made.seed = seed;
  dice draw(seed ^ 0x5eed0fda7a);
  draw_size(made, draw);
  draw_settings(made, draw);
  draw_network(made, draw);
  draw_server(made, draw);
  draw_faults(made, draw);
  draw_liveness(made, dice(seed ^ 0x11fe11fe));
  draw_tenants(made, dice(seed ^ 0x7e2a27));
  draw_version(made, dice(seed ^ 0x7e4510));
  draw_foreign_sessions(made, dice(seed ^ 0xde1e7e));
  draw_groups(made, dice(seed ^ 0x6709b5));
  draw_semaphores(made, dice(seed ^ 0x510f5));
  draw_data_loss(made, dice(seed ^ 0xda7a));
  made.fault_phase = made.elections > 100 ? 90s : draw.between(120s, 400s);
  if (faults_for) made.fault_phase = *faults_for;
  if (draw.one_in(20)) {  // no faults at all
    made.network = network_rates();
    made.network.quick_most = 2ms;
    made.server = server_rates();
    made.faults = fault_intervals();
    made.groups.flap = made.groups.spoil = 0s;
    semaphore_settings& calm = made.semaphores;
    calm.remove_lock = calm.overwrite_lock = calm.remove_contender = calm.destroy_holder = 0s;
    calm.restore = 0s;
  }
  if (made.elections > 8 && draw.one_in(4)) made.unrelated_keys = draw.among(300, 3000);
  return made;
}

candidacy scenario::make_candidacy(std::string value, span_choice spans) const {
  candidacy how(std::move(value));
  how.span(span_of(spans)).ttl(ttl).stop_budget(stop_budget).behavior(behavior);
  if (lock_delay) how.lock_delay(*lock_delay);
  return how;
}

duration scenario::lock_delay_in_force() const noexcept {
  return lock_delay.value_or(std::min<duration>(span * 2, 60s));
}

duration scenario::convergence_bound() const noexcept {
  // Silent polls, a dead session, its lock-delay, the quarantine, and retries after a backoff.
  const duration poll = wait * 17 / 16 + request_timeout;
  const duration delay = embedded ? std::max<duration>(60s, lock_delay_in_force())
                                  : lock_delay_in_force();
  return poll * 2 + ttl * 2 + delay + longest_span() * 2 + request_timeout * 2 + 30s +
         handicaps();
}

duration scenario::handicaps() const noexcept {
  // The plan may name a member that does not claim: then the others do, one after the other.
  return groups.any() ? core::claim_handicap * static_cast<std::int64_t>(processes) : duration(0);
}

duration scenario::balance_bound() const noexcept {
  return convergence_bound() + groups.balance_bound(elections) + stop_budget + 2 * wait;
}

duration scenario::harmless_lateness() const noexcept {
  // A fifth of all requests and of all answers are late, by half of that on the average. So late
  // that heartbeats miss a short liveness, and sessions die. So late that one process needs more
  // than half of their interval for the proofs of all elections, and terms expire; or more than a
  // quarter of theirs for the heartbeats of its sessions, beside proofs and renewals; or more than
  // half of the time for reading each election that is handed over to it.
  const auto in_time = [](duration all, std::size_t lanes, std::size_t requests) {
    const duration for_one = all * static_cast<std::int64_t>(lanes) /
                             static_cast<std::int64_t>(requests);
    return std::max<duration>((for_one - 2ms) * 5, 0s);
  };
  const wire::lane_limits lanes = wire::lane_limits::divide(connections);
  // Sessions prove their elections by themselves.
  const std::size_t sessions = tenants * pool;
  const std::size_t batches = elections / proofs_in_transaction + sessions;
  const core::lease_rules rules(span, stop_budget);
  return std::min<duration>(
      {150ms, span / 20, liveness.value_or(1h) / 10,
       in_time(rules.proof_interval() / 2, lanes.renewals, batches),
       in_time(liveness.value_or(1h) / 3 / 4, lanes.renewals, sessions),
       in_time(takeover_bound() / 2, lanes.requests, elections)});
}

duration scenario::takeover_bound() const noexcept {
  // One span, or the lock-delay if it is longer, by the slowest clock; a body that has to stop
  // first; and a few seconds for the watch, a session to be made, and retries.
  const duration wait = std::max(longest_span(), lock_delay_in_force());
  return wait + wait * drift_ppm / 1'000'000 + stop_budget + 4s + handicaps();
}

duration scenario::shut_down_bound() const noexcept {
  // A member of a group first stops its bodies in turn. All have ended when their leases have. Then
  // releases have one request time-out, and destroying sessions and member keys has another. The
  // event loop and the connections that close need some milliseconds more.
  const duration in_turn = groups.any() ? 3s : 0s;
  return in_turn + longest_span() + 2 * request_timeout + 100ms;
}

duration scenario::slot_takeover_bound() const noexcept {
  // A candidate waits one span from when it saw the holder dead. Each of them looks once more
  // before it claims, and of those that claim together one gets the slot.
  const auto contenders = static_cast<std::int64_t>(processes);
  return longest_span() + longest_span() * drift_ppm / 1'000'000 + stop_budget + 4s +
         contenders * 2s;
}

std::string scenario::summary() const {
  char text[480];
  const auto ms = [](duration d) { return static_cast<long long>(d / 1ms); };
  std::snprintf(text, sizeof text,
                "Consul %s, elections %zu among %zu other keys, processes %zu from %zu addresses, "
                "foreign %zu%s, tenants %zu, "
                "pool %zu, connections %zu, span %lld ms, ttl %lld ms, lock-delay %lld ms, "
                "stop %lld ms, wait %lld ms, time-out %lld ms, drift %lld ppm, "
                "liveness %lld ms%s%s%s, faults for %lld ms",
                name_of(version).data(), elections, unrelated_keys, processes, addresses,
                foreign_contenders, foreign_deletes ? " (they delete)" : "", tenants, pool,
                connections, ms(span),
                ms(ttl), ms(lock_delay_in_force()), ms(stop_budget), ms(wait), ms(request_timeout),
                static_cast<long long>(drift_ppm), ms(liveness.value_or(0s)),
                embedded ? ", embedded agent" : "",
                mixed_spans ? ", mixed spans" : "",
                behavior == session_behavior::remove ? ", keys go with sessions" : "",
                ms(fault_phase));
  return text + groups.summary() + semaphores.summary();
}

}  // namespace tenure::sim
