#include "sim/simulation.hpp"

#include <algorithm>
#include <utility>

namespace tenure::sim {

using namespace std::chrono_literals;

namespace {

constexpr duration window = 10s;  // in which requests are counted
constexpr duration longest_stop = 5min;

}  // namespace

simulation::simulation(scenario p, std::FILE* trace_to)
    : scenario_(std::move(p)),
      world_(scenario_.seed),
      truth_(world_),
      network_(world_, scenario_.network),
      server_(world_, scenario_, truth_),
      checker_(world_, scenario_, truth_),
      context_(world_, scenario_, server_, network_, checker_) {
  if (trace_to != nullptr) world_.trace.print_to(trace_to);
}

simulation::~simulation() = default;

simulation::process_ptr simulation::add_member(std::size_t slot) {
  auto m = std::make_shared<process>(context_, next_number_++, slot);
  processes_.push_back(m);
  m->start();
  if (!faults_) m->settle();
  return m;
}

void simulation::replace_later(const process_ptr& old, duration wait) {
  ++expected_;
  world_.after(wait, [this, old] {
    --expected_;
    std::erase(processes_, old);
    departed_.push_back(old);
    add_member(old->slot());
  });
}

outcome simulation::run() {
  world_.note("world", "begins", scenario_.summary(), scenario_.seed);
  const time_point begun = world_.now();
  begin();
  if (!world_.failed()) suffer();
  if (!world_.failed()) recover();
  if (!world_.failed()) shut_down();
  outcome result;
  result.simulated = world_.now() - begun;
  finish(result);
  return result;
}

void simulation::begin() {
  for (std::size_t i = 0; i < scenario_.unrelated_keys; ++i) {
    server_.ask(runtime::http_request("PUT", "/v1/kv/" + unrelated_key(i), "litter"));
  }
  for (std::size_t i = 0; i < scenario_.processes; ++i) {
    if (i == 0)
      add_member(i);
    else
      world_.after(world_.between(0s, 2s), [this, i] { add_member(i); });
  }
  for (std::size_t i = 0; i < scenario_.foreign_contenders; ++i) {
    foreign_.push_back(std::make_shared<foreign_contender>(context_, i));
    foreign_.back()->start();
  }
  plague();
  check_requests();
}

void simulation::suffer() { world_.run(world_.now() + scenario_.fault_phase); }

// -- liveness ------------------------------------------------------------------------------------

void simulation::recover() {
  world_.note("world", "calms down");
  faults_ = false;
  network_.calm();
  server_.calm();
  for (const auto& f : foreign_) f->stop();
  for (const auto& m : processes_) {
    m->link().path = path();
    m->settle();
  }
  const duration patience = scenario_.convergence_bound();
  const bool led = world_.run(world_.now() + patience, [this] { return at_peace(); });
  if (world_.failed()) return;
  std::string why;
  if (!led && !led_and_agreed(&why)) {
    world_.report_violation("L1", "after " + std::to_string(patience / 1s) + " s without a fault: " + why);
    return;
  }
  world_.note("world", "is at peace");
  world_.run(world_.now() + std::max<duration>(scenario_.span * 2, 15s));
  requests_before_.clear();
  check_requests();
  world_.run(world_.now() + window);
  steady_ = true;
  if (!world_.failed()) check_requests();
  // Who has led on may have resigned, by a decision that it had taken before.
  const bool led_again =
      world_.run(world_.now() + patience, [this] { return at_peace(); });
  if (!world_.failed() && !led_again && !led_and_agreed(&why)) {
    world_.report_violation("L1", "in peace: " + why);
  }
}

// Asked after every event: looks ten times a second.
bool simulation::at_peace() {
  if (world_.now() < look_again_at_) return false;
  look_again_at_ = world_.now() + 100ms;
  return led_and_agreed(nullptr);
}

bool simulation::led_and_agreed(std::string* why) const {
  const auto say = [why](const std::string& what) {
    if (why != nullptr) *why = what;
    return false;
  };
  if (expected_ != 0) return say("a process is still to come back");
  for (std::size_t i = 0; i < scenario_.elections; ++i) {
    const std::string key = election_key(i);
    if (checker_.open_leases(key) != 1) {
      if (why != nullptr) {
        std::string all = key + " has " + std::to_string(checker_.open_leases(key)) + " leaders:";
        for (const auto& m : processes_) {
          if (m->alive()) all += " " + m->name() + " " + m->standing_of(i);
        }
        *why = all;
      }
      return false;
    }
    const holding* holder = const_cast<ground_truth&>(truth_).of(key).current();
    for (const auto& m : processes_) {
      if (!m->alive()) continue;
      const auto& seen = m->seen(i);
      if (seen && (holder == nullptr || seen->session != holder->session)) {
        return say(m->name() + " believes in another leader of " + key);
      }
    }
  }
  return true;
}

// -- requests ------------------------------------------------------------------------------------

void simulation::check_requests() {
  std::map<actor, std::uint64_t> now;
  for (const auto& m : processes_) {
    if (m->alive() && !m->paused()) now[m->number()] = m->link().requests();
  }
  const auto elections = static_cast<double>(scenario_.elections);
  const double seconds = static_cast<double>(window / 1s);
  for (const auto& [number, count] : now) {
    const auto before = requests_before_.find(number);
    if (before == requests_before_.end()) continue;
    const auto made = static_cast<double>(count - before->second);
    // Proofs and renewals every third of the span or TTL; whatever the user code's own writes and
    // proclaims cost; and for each key less than a poll for each time that anybody changes it: one
    // poll watches many, and answers once for what changes together. Shards that have no connection
    // for a poll look again each second.
    const double span = std::chrono::duration<double>(scenario_.span).count();
    // A heartbeat a session every third of the liveness; one that fails is tried again twice.
    const double beats =
        scenario_.liveness ? static_cast<double>(scenario_.pool) * 3 /
                             std::chrono::duration<double>(*scenario_.liveness).count()
                       : 0;
    const double calm = static_cast<double>(scenario_.pool) * (3 / span + 0.3) * 2 + beats * 1.1 +
                        elections * (6 / span + 4 * scenario_.activity) + 2;
    const double stormy = 30 + elections * 60 + beats * 3;
    if (made > (steady_ ? calm : stormy) * seconds) {
      world_.report_violation("L3", "p" + std::to_string(number) + " made " +
                             std::to_string(count - before->second) + " requests in " +
                             std::to_string(window / 1s) + " s");
    }
  }
  requests_before_ = std::move(now);
  if (faults_) world_.after(window, [this] { if (faults_) check_requests(); });
}

// -- the end -------------------------------------------------------------------------------------

void simulation::shut_down() {
  world_.note("world", "ends");
  for (const auto& m : processes_) {
    world_.after(world_.between(0s, 3s), [m] { m->stop(); });
  }
  const auto all_stopped = [this] {
    const auto stopped = [](const auto& m) { return m->stopped(); };
    return std::all_of(processes_.begin(), processes_.end(), stopped) &&
           std::all_of(departed_.begin(), departed_.end(), stopped) &&
           std::all_of(foreign_.begin(), foreign_.end(), stopped);
  };
  const bool ended = world_.run(world_.now() + longest_stop, all_stopped);
  if (world_.failed()) return;
  if (!ended) {
    std::string who;
    for (const auto& m : processes_) if (!m->stopped()) who += " " + m->name();
    for (const auto& m : departed_) if (!m->stopped()) who += " " + m->name();
    for (const auto& f : foreign_) if (!f->stopped()) who += " foreigner";
    world_.report_violation("H1", "does not end:" + who);
    return;
  }
  // What the dead left behind goes with time: sessions, abandoned polls, late requests.
  world_.run(world_.now() + 2 * scenario_.ttl + 2 * scenario_.wait + 90s);
  for (const auto& all : {processes_, departed_}) {
    for (const auto& m : all) {
      const std::string left = m->leaks();
      if (!left.empty()) world_.report_violation("H1", m->name() + " leaves behind " + left);
    }
  }
  if (server_.handler().sessions() != 0) {
    world_.report_violation("H1", std::to_string(server_.handler().sessions()) + " sessions are left");
  }
  if (server_.handler().parked() != 0) {
    world_.report_violation("H1", std::to_string(server_.handler().parked()) + " polls are left");
  }
  for (std::size_t address = 0; address < scenario_.addresses; ++address) {
    if (server_.connections(address) != 0) {
      world_.report_violation("H1", std::to_string(server_.connections(address)) + " connections are left");
    }
  }
  checker_.final_check();
}

void simulation::finish(outcome& result) {
  result.violation = world_.violation();
  result.hash = world_.trace.hash();
  result.steps = world_.steps();
  result.terms = checker_.terms();
  result.requests = server_.requests();
  result.counts = world_.probes;
  result.scenario = scenario_.summary();
}

outcome simulate(const scenario& p, std::FILE* trace_to) {
  auto run = std::make_unique<simulation>(p, trace_to);
  outcome result = run->run();
  if (!result.passed()) static_cast<void>(run.release());
  return result;
}

}  // namespace tenure::sim
