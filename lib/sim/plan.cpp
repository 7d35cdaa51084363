#include "sim/plan.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>


namespace tenure::sim {
namespace {

using namespace std::chrono_literals;

/// Draws settings.
class lots {
 public:
  explicit lots(std::uint64_t seed) : random_(runtime::seeded_random(seed)) {}

  bool once_in(std::uint64_t n) { return random_->below(n) == 0; }
  std::uint64_t among(std::uint64_t least, std::uint64_t most) {
    return least + random_->below(most - least + 1);
  }
  duration between(duration least, duration most) {
    return least + std::chrono::milliseconds(random_->below(static_cast<std::uint64_t>(
                       (most - least) / 1ms + 1)));
  }
  /// Nothing in `off` of ten runs, else up to `most`, small shares as often as large ones.
  double share(double most, std::uint64_t off = 5) {
    if (random_->below(10) < off) return 0;
    const double parts = static_cast<double>(among(1, 100)) / 100;
    return most * parts * parts;
  }
  /// A mean time between events; nothing in `off` of ten runs.
  duration every(duration least, duration most, std::uint64_t off = 6) {
    if (random_->below(10) < off) return 0s;
    return between(least, most);
  }

 private:
  std::unique_ptr<runtime::random_source> random_;
};

void draw_size(plan& p, lots& draw) {
  const std::uint64_t size = draw.among(0, 99);
  p.elections = size < 72   ? draw.among(1, 3)
                : size < 94 ? draw.among(4, 16)
                : size < 99 ? draw.among(17, 100)
                            : draw.among(101, 2000);
  p.processes = p.elections <= 16 ? draw.among(2, 6) : p.elections <= 100 ? draw.among(2, 4) : 2;
  p.foreigners = draw.once_in(4) ? draw.among(1, 2) : 0;
  p.pool = draw.once_in(3) ? draw.among(2, 4) : 1;
  p.connections = draw.once_in(4) ? draw.among(3, 12) : draw.once_in(4) ? 80 : 40;
  p.hosts = draw.among(1, p.processes);
  p.server_limit = draw.once_in(6) ? draw.among(20, 60) : 200;
}

void draw_settings(plan& p, lots& draw) {
  p.span = draw.once_in(4) ? draw.between(500ms, 2s) : draw.between(2s, 20s);
  p.ttl = draw.once_in(3) ? draw.between(10s, 40s) : 10s;
  const duration most_stop = p.span * 2 / 3 - std::max<duration>(50ms, p.span / 50);
  p.stop_budget = draw.once_in(3) ? draw.between(0s, most_stop)
                                  : std::min<duration>(5s, p.span / 3);
  if (draw.once_in(3)) p.lock_delay = 0s;
  else if (draw.once_in(3)) p.lock_delay = draw.between(1ms, 20s);
  p.wait = draw.once_in(3) ? draw.between(15s, 60s) : 30s;
  p.request_timeout = draw.once_in(3) ? draw.between(2s, 20s) : 10s;
  p.behavior = draw.once_in(8) ? session_behavior::remove : session_behavior::release;
  p.mixed_spans = draw.once_in(10);
  const std::uint64_t clocks = draw.among(0, 9);
  p.drift_ppm = clocks < 3 ? 0 : clocks < 9 ? 4'900 : 50'000;
  p.slow_bodies = draw.once_in(3);
  p.embedded = draw.once_in(4);
  p.effort = draw.once_in(4) ? 4 : 1;
}

void draw_network(plan& p, lots& draw) {
  network_rates& n = p.network;
  n.quick_most = draw.once_in(3) ? draw.between(5ms, 50ms) : 2ms;
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

void draw_server(plan& p, lots& draw) {
  server_rates& s = p.server;
  s.unknown = draw.share(0.1);
  s.stale = draw.share(0.4);
  s.backwards = draw.share(0.05, 7);
  s.silent_poll = draw.share(0.2);
  s.throttled = draw.share(0.1, 7);
  s.bypass = draw.share(1.0, 4);
  s.early_expiry = draw.once_in(2);
}

void draw_chaos(plan& p, lots& draw) {
  chaos_rates& c = p.chaos;
  c.partition = draw.every(20s, 120s, 4);
  c.clog = draw.every(20s, 120s);
  c.crash = draw.every(30s, 200s, 4);
  c.pause = draw.every(20s, 120s, 4);
  c.restart = draw.every(40s, 200s);
  c.leader_change = draw.every(30s, 150s);
  c.quorum_loss = draw.every(60s, 240s, 7);
  c.deposed = draw.every(30s, 120s);
  c.server_restart = p.embedded ? 0s : draw.every(60s, 240s, 7);
  c.agent_restart = p.embedded ? draw.every(80s, 300s, 5) : 0s;
  c.spurious = draw.every(5s, 60s);
  c.lock_delay_loss = draw.every(10s, 60s);
  c.node_loss = draw.every(30s, 120s);
  c.operator_delete = draw.every(20s, 120s);
  c.operator_put = draw.every(20s, 120s);
  c.operator_release = draw.every(20s, 120s);
  c.operator_destroy = draw.every(20s, 120s, 4);
  c.operator_depose = draw.every(20s, 120s, 7);
}

/// Drawn apart from the rest, so that what a seed did before liveness it still does without.
void draw_liveness(plan& p, lots draw) {
  if (!draw.once_in(3)) return;
  p.liveness = draw.once_in(3) ? draw.between(2s, 10s) : draw.between(500ms, 2s);
  p.chaos.check_loss = draw.every(30s, 120s, 4);
  p.chaos.service_loss = draw.every(30s, 120s, 4);
  p.chaos.heartbeat_loss = draw.every(20s, 120s, 4);
}

}  // namespace

plan plan::draw(std::uint64_t seed, std::optional<duration> faults_for) {
  plan p;
  p.seed = seed;
  lots draw(seed ^ 0x5eed0fda7a);
  draw_size(p, draw);
  draw_settings(p, draw);
  draw_network(p, draw);
  draw_server(p, draw);
  draw_chaos(p, draw);
  draw_liveness(p, lots(seed ^ 0x11fe11fe));
  p.fault_phase = p.elections > 100 ? 90s : draw.between(120s, 400s);
  if (faults_for) p.fault_phase = *faults_for;
  if (draw.once_in(20)) {  // a quiet world: nothing may go wrong, and little be asked
    p.network = network_rates();
    p.network.quick_most = 2ms;
    p.server = server_rates();
    p.chaos = chaos_rates();
  }
  if (p.elections > 8 && draw.once_in(4)) p.litter = draw.among(300, 3000);
  return p;
}

candidacy plan::stand(std::string value, bool other_span) const {
  candidacy how(std::move(value));
  how.span(other_span ? span * 2 : span).ttl(ttl).stop_budget(stop_budget).behavior(behavior);
  if (lock_delay) how.lock_delay(*lock_delay);
  return how;
}

duration plan::lock_delay_in_force() const noexcept {
  return lock_delay.value_or(std::min<duration>(span * 2, 60s));
}

duration plan::patience() const noexcept {
  // A silent poll, a dead session, its lock-delay, the quarantine, and tries that had backed off.
  const duration poll = wait * 17 / 16 + request_timeout;
  const duration delay = embedded ? std::max<duration>(60s, lock_delay_in_force())
                                  : lock_delay_in_force();
  return poll * 2 + ttl * 2 + delay + longest_span() * 2 + request_timeout * 2 + 30s;
}

std::string plan::summary() const {
  char text[400];
  const auto ms = [](duration d) { return static_cast<long long>(d / 1ms); };
  std::snprintf(text, sizeof text,
                "elections %zu among %zu other keys, processes %zu on %zu hosts, foreign %zu, "
                "pool %zu, connections %zu, span %lld ms, ttl %lld ms, lock-delay %lld ms, "
                "stop %lld ms, wait %lld ms, time-out %lld ms, drift %lld ppm, "
                "liveness %lld ms%s%s%s, faults for %lld ms",
                elections, litter, processes, hosts, foreigners, pool, connections, ms(span),
                ms(ttl), ms(lock_delay_in_force()), ms(stop_budget), ms(wait), ms(request_timeout),
                static_cast<long long>(drift_ppm), ms(liveness.value_or(0s)),
                embedded ? ", embedded agent" : "",
                mixed_spans ? ", mixed spans" : "",
                behavior == session_behavior::remove ? ", keys go with sessions" : "",
                ms(fault_phase));
  return text;
}

}  // namespace tenure::sim
