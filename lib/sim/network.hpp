// The way between the processes and the server: who is cut off from whom, and what becomes of each
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

/// What one process's packets meet. Each direction fails by itself.
class path {
 public:
  time_point out_cut_until = time_point::min();
  time_point in_cut_until = time_point::min();
  time_point no_heartbeat_until = time_point::min();  ///< the agent hears no heartbeat of it
  std::array<time_point, 3> clogged_until{};          ///< by lane
};

class network {
 public:
  network(world& its_world, const network_rates& rates) : world_(its_world), rates_(rates) {}

  /// What will become of an exchange that starts now. `retried`: the client may repeat it unasked.
  fate draw(const path& way, runtime::lane where);
  /// How long a new connection takes; nothing where it never comes about.
  std::optional<duration> dial(const path& way, runtime::lane where);
  bool refused() { return happens(rates_.refused, "connection refused"); }
  bool half_open() { return happens(rates_.half_open, "connection half open"); }
  bool closed() { return happens(rates_.closed, "kept connection was closed"); }

  /// From now on it is quick and loses nothing.
  void calm();

 private:
  bool happens(double share, const char* probe);
  duration latency(const path& way, runtime::lane where);

  world& world_;
  network_rates rates_;
};

}  // namespace tenure::sim
