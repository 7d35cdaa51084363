// Faults of Consul's servers that the embedded agent never has by itself. Simulations inject them;
// production code never does.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <tenure/time.hpp>
#include <vector>

#include "agent/state/kv_entry.hpp"
#include "agent/state/locks.hpp"

namespace tenure::agent {

class fault_injection {
 public:
  /// How long a session lives without a renewal, by its TTL. Called at each creation and renewal;
  /// by default twice the TTL.
  virtual void set_session_life(std::function<duration(duration ttl)> life) = 0;
  /// A new raft leader: every session lives a full life from now.
  virtual void restart_ttls() = 0;
  /// A lost quorum: no session expires.
  virtual void freeze_sessions() = 0;
  /// The quorum is back, and with it a new raft leader.
  virtual void unfreeze_sessions() = 0;
  /// bypassed: for claims that were in flight when their key's holder died.
  virtual void set_lock_delay_mode(lock_delay_mode mode) = 0;
  /// A restarted or restored server: every lock-delay ends at `until` at the latest.
  virtual void cut_lock_delays(time_point until) = 0;

  /// From now on take_changes() reports changed keys.
  virtual void record_changes() = 0;
  /// The keys written or deleted since the last call, with repetitions, and with keys whose change
  /// a transaction rolled back.
  virtual std::vector<std::string> take_changes() = 0;
  /// The ids of the registered services.
  virtual std::vector<std::string> service_ids() const = 0;
  /// The present state of a key.
  virtual std::optional<kv_fields> find(const std::string& key) const = 0;

  /// The keys below a prefix with their indexes, as a snapshot keeps them.
  virtual std::vector<kv_fields> snapshot(const std::string& prefix) const = 0;
  /// A snapshot is restored: below the prefix there are these keys, with their old indexes, and no
  /// others; without those whose session has ended since. It answers all parked queries.
  virtual void restore(const std::string& prefix, const std::vector<kv_fields>& keys) = 0;

 protected:
  ~fault_injection() = default;
};

}  // namespace tenure::agent
