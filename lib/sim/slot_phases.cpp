// What must be true of semaphores once the faults are over: rule P7.
#include <algorithm>
#include <set>

#include "sim/simulation.hpp"

namespace tenure::sim {

using namespace std::chrono_literals;

std::string simulation::missing_slots() const {
  const auto contenders = static_cast<std::size_t>(std::ranges::count_if(
      processes_.current(), [](const auto& p) { return p->alive(); }));
  const std::size_t wanted = std::min(scenario_.semaphores.slots, contenders);
  for (std::size_t i = 0; i < scenario_.semaphores.semaphores; ++i) {
    const std::size_t open = checker_.slots().open_leases(i);
    if (open == wanted) continue;
    return std::to_string(open) + " slots of " + semaphore_prefix(i) + " are held instead of " +
           std::to_string(wanted);
  }
  return {};
}

void simulation::wait_for_slots(duration bound, const std::string& when) {
  if (!scenario_.semaphores.any()) return;
  next_look_ = world_.now();
  const auto held = [this] {
    if (world_.now() < next_look_) return false;
    next_look_ = world_.now() + 100ms;
    return missing_slots().empty();
  };
  const bool in_time = world_.run(world_.now() + bound, held);
  if (world_.failed()) return;
  const std::string why = in_time ? std::string() : missing_slots();
  if (why.empty()) {
    world_.probes.hit("all slots held " + when);
  } else {
    world_.report_violation("P7", why + ", " + when);
  }
}

void simulation::check_slot_takeover() {
  if (!scenario_.semaphores.any()) return;
  const std::set<std::string>& holders = checker_.slots().history(0).named();
  if (holders.empty()) return;  // all of them gave theirs back a moment ago
  const std::string dead = *holders.begin();
  world_.note("world", "ends a holder's session", dead.substr(0, 8));
  server_.serve_now(runtime::http_request("PUT", "/v1/session/destroy/" + dead), the_server);
  // The holder still has its lease.
  world_.run(world_.now() + scenario_.longest_span() / 2);
  if (world_.failed()) return;
  wait_for_slots(scenario_.slot_takeover_bound(), "after the session of a holder died");
}

}  // namespace tenure::sim
