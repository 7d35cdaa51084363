// Everything that distinguishes one run from another, drawn from the seed: which faults there are
// at all, how often, and the sizes and settings of the whole system.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tenure/candidacy.hpp>
#include <tenure/time.hpp>

#include "runtime/random_source.hpp"

namespace tenure::sim {

/// What may happen to one message or request; shares of one.
class network_rates {
 public:
  duration quick_most{0};     ///< the usual way takes up to this
  duration slow_most{0};      ///< the slow tier
  double slow = 0;            ///< how many take that
  double lost_before = 0;     ///< the request is lost, and the connection silent
  double lost_after = 0;      ///< carried out, and the answer lost
  double late = 0;            ///< the request arrives late, whatever becomes of its sender
  double reset_before = 0;
  double reset_after = 0;
  double refused = 0;         ///< of a new connection
  double half_open = 0;       ///< a kept connection that nobody hears any more
  double closed = 0;          ///< a kept connection that the server had closed
};

class server_rates {
 public:
  double unknown = 0;       ///< writes answered with "leadership lost while committing log"
  double stale = 0;         ///< reads without ?consistent answered from the past
  double backwards = 0;     ///< polls answered from the past
  double silent_poll = 0;   ///< polls that hear of nothing until their wait is over
  double throttled = 0;     ///< 429 or 503
  double bypass = 0;        ///< claims that slip past a lock-delay
  bool early_expiry = false;  ///< sessions end anywhere between one TTL and two
};

/// Mean time between events of a kind; zero: never.
class chaos_rates {
 public:
  duration partition{0}, clog{0}, crash{0}, pause{0}, restart{0};
  duration leader_change{0}, quorum_loss{0}, deposed{0}, server_restart{0}, agent_restart{0};
  duration spurious{0}, lock_delay_loss{0}, node_loss{0};
  duration check_loss{0}, service_loss{0}, heartbeat_loss{0};
  duration operator_delete{0}, operator_put{0}, operator_release{0}, operator_destroy{0},
      operator_depose{0};
};

class plan {
 public:
  /// `faults` off: a perfect world of the same size.
  static plan draw(std::uint64_t seed, std::optional<duration> faults_for);

  std::uint64_t seed = 0;
  std::size_t elections = 1;
  std::size_t processes = 3;
  std::size_t foreigners = 0;
  std::size_t pool = 1;           ///< sessions a process
  std::size_t connections = 40;   ///< a process
  std::size_t server_limit = 200; ///< connections an address
  std::size_t hosts = 3;          ///< addresses that the processes share
  duration span{0}, ttl{0}, stop_budget{0}, wait{0}, request_timeout{0};
  std::optional<duration> liveness;  ///< of all processes
  std::optional<duration> lock_delay;
  session_behavior behavior = session_behavior::release;
  std::size_t litter = 0;         ///< keys of others among those of the elections
  bool mixed_spans = false;       ///< candidates disagree on the span
  std::int64_t drift_ppm = 0;     ///< clocks run up to this much faster or slower
  bool slow_bodies = false;       ///< some overrun their stop budget
  bool embedded = false;          ///< the embedded agent, whose restarts forget everything
  duration fault_phase{0};
  double effort = 1;              ///< of user code: how often it does something

  network_rates network;
  server_rates server;
  chaos_rates chaos;

  candidacy stand(std::string value, bool other_span) const;
  duration longest_span() const noexcept { return mixed_spans ? span * 2 : span; }
  duration lock_delay_in_force() const noexcept;
  /// Within which every election has one leader once faults stop.
  duration patience() const noexcept;
  std::string summary() const;
};

}  // namespace tenure::sim
