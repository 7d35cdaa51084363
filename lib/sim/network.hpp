// The network between the processes and the server: partitions, latencies, and the fate of each
// exchange.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "runtime/transport.hpp"
#include "sim/inflight_request.hpp"
#include "sim/scenario.hpp"
#include "sim/world.hpp"

namespace tenure::sim {

/// The faults of one link at present. Each direction fails by itself.
class link_faults {
 public:
  time_point out_cut_until = time_point::min();
  time_point in_cut_until = time_point::min();
  time_point no_heartbeat_until = time_point::min();  ///< the agent gets no heartbeat
  std::array<time_point, 3> clogged_until{};          ///< by lane
};

class network {
 public:
  network(world& its_world, const network_rates& rates) : world_(its_world), rates_(rates) {}

  /// Draws the fate of an exchange that starts now.
  fate draw(const link_faults& faults, runtime::lane where);
  /// How long a new connection takes; nothing if it never succeeds.
  std::optional<duration> dial(const link_faults& faults, runtime::lane where);
  bool refused() { return happens(rates_.refused, "connection refused"); }
  bool half_open() { return happens(rates_.half_open, "connection half open"); }
  bool closed() { return happens(rates_.closed, "kept connection was closed"); }

  /// From now on it is fast and reliable.
  void stop_faults();
  /// Some answers take up to that long, so that processes see the same at different times.
  void delay_answers(duration most) noexcept;

 private:
  bool happens(double share, const char* probe);
  duration latency(const link_faults& faults, runtime::lane where);

  world& world_;
  network_rates rates_;
};

}  // namespace tenure::sim
