#include "cron_sim/cron_simulation.hpp"

#include <algorithm>
#include <utility>

namespace tenure::cron_sim {

using namespace std::chrono_literals;

namespace {

constexpr duration shutdown_bound = 5min;
constexpr duration request_window = 60s;

/// Requests of a replica in one window, rule C6: what its elections may need under faults, and a
/// claim and two more writes for each run.
std::uint64_t request_limit(const cron_scenario& s, std::uint64_t runs) {
  return 1'500 + 600 * s.lanes() + 8 * runs;
}

}  // namespace

cron_simulation::cron_simulation(cron_scenario s, mistake made, std::FILE* trace_to)
    : scenario_(std::move(s)),
      world_(scenario_.consul.seed),
      truth_(world_),
      network_(world_, scenario_.consul.network),
      server_(world_, scenario_.consul, truth_),
      unused_(world_, scenario_.consul, truth_),
      context_(world_, scenario_.consul, server_, network_, unused_),
      checker_(world_, scenario_),
      fleet_(context_, scenario_, checker_, made),
      faults_(fleet_, truth_) {
  truth_.changed = [this](const sim::key_change& change) { checker_.key_changed(change); };
  for (const duration offset : scenario_.offsets)
    fleet_.clocks.push_back(std::make_unique<machine_clock>(world_, scenario_.epoch, offset));
  if (trace_to != nullptr) world_.trace.print_to(trace_to);
}

cron_simulation::~cron_simulation() = default;

cron::sys_seconds cron_simulation::utc_now() const {
  return std::chrono::floor<std::chrono::seconds>(
      scenario_.epoch + std::chrono::floor<std::chrono::milliseconds>(
                            world_.now().time_since_epoch()));
}

outcome cron_simulation::run() {
  world_.note("world", "begins", scenario_.summary(), scenario_.consul.seed);
  const time_point began = world_.now();
  start();
  world_.run(world_.now() + scenario_.consul.fault_phase);
  if (!world_.failed()) settle();
  if (!world_.failed()) shut_down();
  outcome result;
  result.violation = world_.violation();
  result.hash = world_.trace.hash();
  result.steps = world_.steps();
  result.runs = checker_.runs();
  result.requests = server_.requests();
  result.simulated = world_.now() - began;
  result.probes = world_.probes;
  result.scenario = scenario_.summary();
  return result;
}

void cron_simulation::start() {
  for (std::size_t i = 0; i < scenario_.consul.processes; ++i)
    world_.after(world_.between(0s, 2s), [this, i] { faults_.launch(i); });
  faults_.start();
  check_requests_repeatedly();
}

void cron_simulation::check_requests_repeatedly() {
  const std::uint64_t runs = checker_.runs();
  world_.after(request_window, [this, runs] {
    for (const auto& r : fleet_.replicas) {
      const std::uint64_t now = r->link().requests();
      const std::uint64_t sent = now - std::exchange(requests_[r->number()], now);
      if (sent <= request_limit(scenario_, checker_.runs() - runs)) continue;
      world_.report_violation("C6", r->name() + " sent " + std::to_string(sent) +
                                        " requests in a minute");
    }
    check_requests_repeatedly();
  });
}

std::string cron_simulation::leaderless() const {
  if (faults_.restarting() != 0) return "a replica that has not restarted yet";
  for (std::size_t i = 0; i < scenario_.lanes(); ++i) {
    const std::string key = sim::election_key(i);
    const auto leads = [&key](const auto& r) { return r->leads(key); };
    if (std::none_of(fleet_.replicas.begin(), fleet_.replicas.end(), leads)) return key;
  }
  return {};
}

void cron_simulation::settle() {
  world_.note("world", "calms down");
  faults_.stop();
  network_.stop_faults();
  server_.stop_faults();
  const auto led = [this] {
    if (world_.now() < next_look_) return false;
    next_look_ = world_.now() + 100ms;
    return leaderless().empty();
  };
  // Twice: at first a replica may lead that has not noticed yet that its key is gone.
  for (int look = 0; look < 2; ++look) {
    const duration bound = scenario_.leader_bound();
    if (!world_.run(world_.now() + bound, led) && !world_.failed())
      world_.report_violation("L1", "without a fault there is no leader of " + leaderless());
    if (world_.failed()) return;
    world_.run(world_.now() + scenario_.settling_time());
    if (world_.failed()) return;
  }
  checker_.final_check(utc_now() - 5s);
}

void cron_simulation::shut_down() {
  world_.note("world", "ends");
  for (const auto& r : fleet_.replicas) {
    if (r->alive()) world_.after(world_.between(0s, 3s), [r] { r->stop(); });
  }
  const auto stopped = [](const auto& r) { return r->stopped(); };
  const auto all_stopped = [&] {
    return std::all_of(fleet_.replicas.begin(), fleet_.replicas.end(), stopped);
  };
  if (world_.run(world_.now() + shutdown_bound, all_stopped) || world_.failed()) {
    if (!world_.failed()) checker_.check_no_claims();
    return;
  }
  for (const auto& r : fleet_.replicas) {
    if (!r->stopped()) world_.report_violation("H1", r->name() + " does not end");
  }
}

outcome simulate(const cron_scenario& s, mistake made, std::FILE* trace_to) {
  auto run = std::make_unique<cron_simulation>(s, made, trace_to);
  outcome result = run->run();
  if (!result.passed()) static_cast<void>(run.release());
  return result;
}

}  // namespace tenure::cron_sim
