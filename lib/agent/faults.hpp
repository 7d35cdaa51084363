// What Consul's servers do to themselves and an embedded agent does not: for simulations that want
// to see their clients live through it. Nothing in production uses this.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <tenure/time.hpp>
#include <vector>

#include "agent/handler.hpp"
#include "agent/records.hpp"

namespace tenure::agent {

/// A way into a handler, which must outlive it.
class faults {
 public:
  explicit faults(handler& which) : handler_(which) {}

  /// How long a session lives without a renewal, by its TTL. Asked at each creation and renewal.
  void session_life(std::function<duration(duration ttl)> life);
  /// A new raft leader: every session lives a full life from now.
  void restart_ttls();
  /// Without a quorum no session ends by time. To be followed by restart_ttls().
  void freeze_sessions(bool frozen);
  /// Claims that were on their way when their key's holder died: no lock-delay is looked at.
  void ignore_lock_delay(bool ignored);
  /// A server was restarted or restored: no lock-delay lasts longer than this.
  void cut_lock_delays(time_point until);

  /// From now on changed keys are remembered.
  void watch_changes();
  /// The keys that were written or deleted since the last call; some twice, and some of them by a
  /// transaction that was then taken back.
  std::vector<std::string> take_changes();
  /// The ids of the services that are registered.
  std::vector<std::string> services() const;
  /// The key as it is now.
  std::optional<kv_fields> find(const std::string& key) const;

 private:
  handler& handler_;
};

}  // namespace tenure::agent
