// What a seed determines: the kinds of faults and their rates, the size of the system and its
// settings.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tenure/candidacy.hpp>
#include <tenure/consul_version.hpp>
#include <tenure/time.hpp>

#include "sim/group_settings.hpp"
#include "sim/semaphore_settings.hpp"

namespace tenure::sim {

/// Latencies, and the probabilities of faults of one request.
class network_rates {
 public:
  duration quick_most{0};   ///< the usual latency is up to this
  duration slow_most{0};    ///< the latency of the slow tier
  double slow = 0;          ///< the share of the slow tier
  double lost_before = 0;   ///< the request is lost, the connection stays silent
  double lost_after = 0;    ///< the server serves the request, the response is lost
  double late = 0;          ///< the request arrives late, even if its sender has given up
  double reset_before = 0;
  double reset_after = 0;
  double refused = 0;       ///< of a new connection
  double half_open = 0;     ///< a kept connection that is dead without a reset
  double closed = 0;        ///< a kept connection that the server has closed
  double late_answer = 0;   ///< the response arrives later by up to `late_answer_most`
  duration late_answer_most{0};
};

class server_rates {
 public:
  double unknown = 0;       ///< writes answered with "leadership lost while committing log"
  double stale = 0;         ///< reads without ?consistent with an old answer
  double backwards = 0;     ///< polls with an old answer
  double silent_poll = 0;   ///< polls that miss every change until their wait is over
  double throttled = 0;     ///< 429 or 503
  double bypass = 0;        ///< claims that bypass a lock-delay
  bool early_expiry = false;  ///< sessions end anywhere between one TTL and two
};

/// Mean times between faults of a kind; zero: never.
class fault_intervals {
 public:
  duration partition{0}, clog{0}, crash{0}, pause{0}, restart{0};
  duration leader_change{0}, quorum_loss{0}, deposed{0}, server_restart{0}, agent_restart{0};
  duration spurious{0}, lock_delay_loss{0}, node_loss{0};
  duration data_loss{0};
  duration redeploy{0};  ///< never drawn: only the embedded agent stops with all its clients
  duration check_loss{0}, service_loss{0}, heartbeat_loss{0};
  duration operator_delete{0}, operator_put{0}, operator_release{0}, operator_destroy{0},
      operator_depose{0};
};

/// With mixed_spans some candidates use twice the span.
enum class span_choice : std::uint8_t { common, doubled };

class scenario {
 public:
  /// `faults_for`: the length of the fault phase, instead of a drawn one.
  static scenario draw(std::uint64_t seed, std::optional<duration> faults_for);

  std::uint64_t seed = 0;
  std::size_t elections = 1;
  std::size_t processes = 3;
  std::size_t foreign_contenders = 0;
  bool foreign_deletes = false;   ///< some sessions of theirs die with their key and delete it
  std::size_t pool = 1;           ///< sessions per process
  std::size_t tenants = 1;        ///< elections objects per process, on shared connections
  std::size_t connections = 40;   ///< per process
  std::size_t server_limit = 200; ///< connections per address
  consul_version version = consul_version::v1_8;  ///< of the server
  std::size_t addresses = 3;      ///< client addresses that the processes share
  duration span{0}, ttl{0}, stop_budget{0}, wait{0}, request_timeout{0};
  std::optional<duration> liveness;  ///< of all processes
  std::optional<duration> lock_delay;
  session_behavior behavior = session_behavior::release;
  std::size_t unrelated_keys = 0; ///< keys of other users below the same prefixes
  bool mixed_spans = false;       ///< candidates disagree on the span
  std::int64_t drift_ppm = 0;     ///< the limit of the clocks' rates
  bool slow_bodies = false;       ///< some bodies overrun their stop budget
  bool embedded = false;          ///< the server is the embedded agent: restarts lose all keys
  /// All members see the death of one at about the same time, so that each of its elections has to
  /// be claimed by one of them alone (rule L7).
  bool single_claims = false;
  duration fault_phase{0};
  double activity = 1;            ///< of user code: a multiple of its usual rate
  group_settings groups;
  semaphore_settings semaphores;

  network_rates network;
  server_rates server;
  fault_intervals faults;

  candidacy make_candidacy(std::string value, span_choice spans) const;
  duration span_of(span_choice spans) const noexcept {
    return spans == span_choice::doubled ? span * 2 : span;
  }
  duration longest_span() const noexcept { return mixed_spans ? span * 2 : span; }
  duration lock_delay_in_force() const noexcept;
  /// Whose candidates an election has in each process: elections belong to the tenants in turn,
  /// those of a group all to the same.
  std::size_t tenant_of(std::size_t election) const noexcept {
    return groups.group_of(election).value_or(election) % tenants;
  }
  /// Every election must have its one leader within this time after the last fault.
  duration convergence_bound() const noexcept;
  /// After a leader's session died, every election must have its one leader within this time.
  duration takeover_bound() const noexcept;
  /// After the session of a slot's holder died, all slots must be held again within this time.
  duration slot_takeover_bound() const noexcept;
  /// The shut-down of an elections object ends within this time, whatever Consul does.
  duration shut_down_bound() const noexcept;
  /// How late answers may be in the calm without a failure that a rule would notice.
  duration harmless_lateness() const noexcept;
  /// Every member of a group must lead its share within this time after the last fault.
  duration balance_bound() const noexcept;
  std::string summary() const;

 private:
  /// How long a free key of a group may wait for the claims of others.
  duration handicaps() const noexcept;
};

}  // namespace tenure::sim
