#include "sim/request_budget.hpp"

#include <string>
#include <utility>

namespace tenure::sim {

using namespace std::chrono_literals;

void request_budget::start() {
  last_counts_.clear();
  for (const auto& p : processes_.current()) {
    if (p->alive() && !p->paused()) last_counts_[p->number()] = p->link().requests();
  }
}

void request_budget::check(phase now) {
  const auto before = std::exchange(last_counts_, {});
  start();
  const auto seconds = static_cast<double>(window / 1s);
  for (const auto& [number, count] : last_counts_) {
    const auto last = before.find(number);
    if (last == before.end()) continue;
    const std::uint64_t made = count - last->second;
    if (static_cast<double>(made) <= limit(now) * seconds) continue;
    world_.report_violation("L3", "p" + std::to_string(number) + " made " + std::to_string(made) +
                                      " requests in " + std::to_string(window / 1s) + " s");
  }
}

/// Requests per second.
double request_budget::limit(phase now) const {
  const auto elections = static_cast<double>(scenario_.elections);
  // Each tenant's elections object has a pool for itself.
  const auto sessions = static_cast<double>(scenario_.pool * scenario_.tenants);
  // One heartbeat per session and third of the liveness; a failed one is retried twice.
  const double heartbeats =
      scenario_.liveness
          ? sessions * 3 / std::chrono::duration<double>(*scenario_.liveness).count()
          : 0;
  const auto slots = static_cast<double>(scenario_.semaphores.semaphores);
  if (now == phase::faults) return 30 + (elections + slots) * 60 + heartbeats * 3;
  // A group's members and the notices to this one are watched by two further polls, which last a
  // second or more.
  const auto groups = static_cast<double>(scenario_.groups.groups);
  // Proofs and renewals once per third of the span or TTL; the writes and proclaims of user code;
  // and less than one poll per change of a key, because one poll watches many keys and answers once
  // for simultaneous changes. Range queries without a connection for a poll read once per second.
  const double span = std::chrono::duration<double>(scenario_.span).count();
  return sessions * (3 / span + 0.3) * 2 + heartbeats * 1.1 +
         elections * (6 / span + 4 * scenario_.activity) + groups * 6 +
         slots * (12 / span + 0.6 + 8 * scenario_.activity) + 2;
}

}  // namespace tenure::sim
