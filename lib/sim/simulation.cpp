#include "sim/simulation.hpp"

#include <algorithm>
#include <utility>

#include "election/group/group_view.hpp"

namespace tenure::sim {

using namespace std::chrono_literals;

namespace {

constexpr duration shutdown_bound = 5min;

}  // namespace

simulation::simulation(scenario s, std::FILE* trace_to)
    : scenario_(std::move(s)),
      world_(scenario_.seed),
      truth_(world_),
      network_(world_, scenario_.network),
      server_(world_, scenario_, truth_),
      checker_(world_, scenario_, truth_),
      context_(world_, scenario_, server_, network_, checker_),
      processes_(context_),
      faults_(context_, processes_, truth_),
      budget_(world_, scenario_, processes_),
      balance_(context_, truth_, processes_) {
  if (trace_to != nullptr) world_.trace.print_to(trace_to);
}

simulation::~simulation() = default;

outcome simulation::run() {
  world_.note("world", "begins", scenario_.summary(), scenario_.seed);
  const time_point began = world_.now();
  start();
  if (!world_.failed()) run_with_faults();
  if (!world_.failed()) run_without_faults();
  if (!world_.failed()) shut_down();
  outcome result;
  result.violation = world_.violation();
  result.hash = world_.trace.hash();
  result.steps = world_.steps();
  result.simulated = world_.now() - began;
  result.terms = checker_.terms();
  result.requests = server_.requests();
  result.probes = world_.probes;
  result.scenario = scenario_.summary();
  return result;
}

void simulation::start() {
  for (std::size_t i = 0; i < scenario_.unrelated_keys; ++i) {
    server_.serve_now(runtime::http_request("PUT", "/v1/kv/" + unrelated_key(i), "litter"));
  }
  for (std::size_t i = 0; i < scenario_.processes; ++i) {
    if (i == 0)
      processes_.start(i);
    else
      world_.after(world_.between(0s, 2s), [this, i] { processes_.start(i); });
  }
  for (std::size_t i = 0; i < scenario_.foreign_contenders; ++i) {
    foreign_.push_back(std::make_shared<foreign_contender>(context_, i));
    foreign_.back()->start();
  }
  faults_.start();
  budget_.start();
  check_requests_repeatedly();
}

void simulation::check_requests_repeatedly() {
  world_.after(request_budget::window, [this] {
    if (!faults_.running()) return;
    budget_.check(request_budget::phase::faults);
    check_requests_repeatedly();
  });
}

void simulation::run_with_faults() { world_.run(world_.now() + scenario_.fault_phase); }

// -- liveness ------------------------------------------------------------------------------------

void simulation::run_without_faults() {
  world_.note("world", "calms down");
  const time_point calm = world_.now();
  faults_.stop();
  faults_.settle_groups();
  faults_.settle_semaphores();
  network_.stop_faults();
  server_.stop_faults();
  for (const auto& f : foreign_) f->stop();
  processes_.settle();
  wait_for_convergence("after " + std::to_string(scenario_.convergence_bound() / 1s) +
                       " s without a fault: ");
  if (!world_.failed()) wait_for_slots(scenario_.convergence_bound(), "once the faults are over");
  if (world_.failed()) return;
  // Some polls of before stay silent until their deadline.
  const time_point polls_answer =
      calm + scenario_.wait * 17 / 16 + scenario_.request_timeout + 1s;
  wait_for_balance(calm + scenario_.balance_bound() - world_.now(), polls_answer,
                   "once the faults are over");
  if (world_.failed()) return;
  world_.note("world", "is at peace");
  world_.run(world_.now() + std::max<duration>(scenario_.span * 2, 15s));
  budget_.start();
  world_.run(world_.now() + request_budget::window);
  if (!world_.failed()) budget_.check(request_budget::phase::steady);
  // A leader may resign meanwhile, if its user code decided so before the faults ended.
  wait_for_convergence("in the steady phase: ");
  if (world_.failed()) return;
  // A restarted agent grants no lock for a minute.
  const duration closed = scenario_.embedded ? duration(75s) : duration(0s);
  world_.run(std::max({world_.now(), polls_answer, calm + closed}));
  if (world_.failed()) return;
  checker_.moves().start();
  if (scenario_.groups.any() && !scenario_.single_claims) {
    network_.delay_answers(scenario_.harmless_lateness());
  }
  check_takeover();
  if (!world_.failed()) check_slot_takeover();
  if (world_.failed()) return;
  wait_for_balance(scenario_.groups.balance_bound(scenario_.elections) + scenario_.stop_budget,
                   time_point::min(), "after a member's session died");
  checker_.moves().stop();
}

void simulation::wait_for_convergence(const std::string& when) {
  // Called after every event: looks ten times a second.
  const auto converged = [this] {
    if (world_.now() < next_look_) return false;
    next_look_ = world_.now() + 100ms;
    return disagreement().empty();
  };
  const bool in_time = world_.run(world_.now() + scenario_.convergence_bound(), converged);
  if (world_.failed() || in_time) return;
  const std::string why = disagreement();
  if (!why.empty()) world_.report_violation("L1", when + why);
}

void simulation::wait_for_balance(duration bound, time_point polls_answer,
                                  const std::string& when) {
  if (!scenario_.groups.any()) return;
  next_look_ = world_.now();
  const auto settled = [this] {
    if (world_.now() < next_look_) return false;
    next_look_ = world_.now() + 200ms;
    return balance_.settled();
  };
  balance_.restart();
  const bool in_time =
      world_.run(world_.now() + bound + group_balance::quiet_time, settled);
  if (!world_.failed()) world_.run(std::max(world_.now(), polls_answer));
  if (world_.failed()) return;
  std::string why = in_time ? balance_.misjudged() : balance_.unbalanced();
  if (!in_time && why.empty()) why = "elections still change their leaders";
  if (why.empty()) {
    world_.probes.hit("groups balanced " + when);
  } else {
    world_.report_violation("L5", why + ", " + when);
  }
}

void simulation::check_takeover() {
  const holding* holder =
      truth_.of(election_key(world_.below(scenario_.elections))).current();
  if (holder == nullptr) return;  // it resigned a moment ago
  const std::string dead = holder->session;
  if (scenario_.single_claims) cut_off(holder->by);
  world_.note("world", "ends a session", dead.substr(0, 8));
  server_.serve_now(runtime::http_request("PUT", "/v1/session/destroy/" + dead), the_server);
  const time_point died = world_.now();
  const std::int64_t lost_before = processes_.lost_claims();
  const auto taken_over = [this, &dead] {
    if (world_.now() < next_look_) return false;
    next_look_ = world_.now() + 100ms;
    return not_taken_over(dead).empty();
  };
  const duration bound = scenario_.takeover_bound();
  const bool in_time = world_.run(died + bound, taken_over);
  if (world_.failed()) return;
  const std::string why = in_time ? std::string() : not_taken_over(dead);
  const std::int64_t lost = processes_.lost_claims() - lost_before;
  if (lost > 0) {
    world_.probes.hit("claim lost after the death of a session",
                      static_cast<std::uint64_t>(lost));
  }
  if (why.empty() && lost > 0 && scenario_.single_claims) {
    world_.report_violation("L7", std::to_string(lost) +
                                      " claims lost: the members do not agree who claims");
  } else if (why.empty()) {
    world_.probes.hit("leaders replaced after the death of their session");
  } else {
    world_.report_violation("L4", std::to_string(bound / 1ms) +
                                      " ms after a session of a leader died: " + why);
  }
}

// Else it is a member again before the others have claimed its elections, and claims some itself.
void simulation::cut_off(actor who) {
  for (const auto& p : processes_.current()) {
    if (p->number() != who) continue;
    p->link().faults.out_cut_until = world_.now() + scenario_.takeover_bound();
  }
}

std::string simulation::not_taken_over(const std::string& dead_session) const {
  for (std::size_t i = 0; i < scenario_.elections; ++i) {
    const std::string key = election_key(i);
    const holding* holder = truth_.of(key).current();
    const bool led = holder != nullptr && holder->session != dead_session &&
                     checker_.leads(key, holder->fence);
    if (!led) return leaders_of(i);
  }
  return {};
}

std::string simulation::disagreement() const {
  if (processes_.restarting() != 0) return "a process has not restarted yet";
  for (std::size_t i = 0; i < scenario_.elections; ++i) {
    const std::string key = election_key(i);
    if (checker_.open_leases(key) != 1) return leaders_of(i);
    const holding* holder = truth_.of(key).current();
    for (const auto& p : processes_.current()) {
      if (!p->alive()) continue;
      const auto& observed = p->observed(i);
      if (observed && (holder == nullptr || observed->session != holder->session)) {
        return p->name() + " observes another leader of " + key;
      }
    }
  }
  return {};
}

std::string simulation::leaders_of(std::size_t election) const {
  const std::string key = election_key(election);
  std::string text = key + " has " + std::to_string(checker_.open_leases(key)) + " leaders:";
  for (const auto& p : processes_.current()) {
    if (p->alive()) text += " " + p->name() + " " + p->standing_of(election);
  }
  return text;
}

// -- the end -------------------------------------------------------------------------------------

void simulation::shut_down() {
  world_.note("world", "ends");
  checker_.slots().leaving();
  for (const auto& p : processes_.current()) {
    world_.after(world_.between(0s, 3s), [p] { p->stop(); });
  }
  const bool ended =
      world_.run(world_.now() + shutdown_bound, [this] { return all_stopped(); });
  if (world_.failed()) return;
  if (!ended) {
    std::string who;
    for (const auto& p : processes_.all()) {
      if (!p->stopped()) who += " " + p->name();
    }
    for (const auto& f : foreign_) {
      if (!f->stopped()) who += " a foreign contender";
    }
    world_.report_violation("H1", "does not end:" + who);
    return;
  }
  // Time removes what crashed processes left: sessions, abandoned polls, late requests.
  world_.run(world_.now() + 2 * scenario_.ttl + 2 * scenario_.wait + 90s);
  check_leaks();
  check_notices();
  checker_.writes().final_check();
  checker_.slots().final_check();
}

bool simulation::all_stopped() const {
  const auto stopped = [](const auto& each) { return each->stopped(); };
  return std::all_of(processes_.current().begin(), processes_.current().end(), stopped) &&
         std::all_of(processes_.replaced().begin(), processes_.replaced().end(), stopped) &&
         std::all_of(foreign_.begin(), foreign_.end(), stopped);
}

void simulation::check_leaks() {
  for (const auto& p : processes_.all()) {
    const std::string leaks = p->leaks();
    if (!leaks.empty()) world_.report_violation("H1", p->name() + " leaves behind " + leaks);
  }
  const auto check = [this](std::size_t count, const char* what) {
    if (count == 0) return;
    world_.report_violation("H1", std::to_string(count) + " " + what + " are left");
  };
  check(server_.handler().sessions(), "sessions");
  check(server_.handler().parked(), "polls");
  for (std::size_t address = 0; address < scenario_.addresses; ++address) {
    check(server_.connections(address), "connections");
  }
}

// If its key is there, members that were still to come would delete both. A key that dies with its
// session leaves the notices, and so does an operator who deletes the key of a dying member.
void simulation::check_notices() {
  if (scenario_.behavior == session_behavior::remove) return;
  for (std::size_t group = 0; group < scenario_.groups.groups; ++group) {
    const std::string prefix = group_prefix(group) + "/handed/";
    for (const agent::kv_fields* k : truth_.below(prefix)) {
      const std::string session = k->key.substr(prefix.size(), k->key.find('/', prefix.size()) -
                                                                   prefix.size());
      const bool known = !truth_.below(impl::members_prefix(group_prefix(group)) + session).empty();
      if (!known && !faults_.deleted_member(session))
        world_.report_violation("H3", k->key + " is left of a member whose key is gone");
    }
  }
}

outcome simulate(const scenario& s, std::FILE* trace_to) {
  auto run = std::make_unique<simulation>(s, trace_to);
  outcome result = run->run();
  if (!result.passed()) static_cast<void>(run.release());
  return result;
}

}  // namespace tenure::sim
