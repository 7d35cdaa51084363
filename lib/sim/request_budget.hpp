// Rule L3: the requests of a process stay within a budget that follows from the scenario.
#pragma once

#include <cstdint>
#include <map>
#include <tenure/time.hpp>

#include "sim/ground_truth.hpp"
#include "sim/process_set.hpp"
#include "sim/scenario.hpp"
#include "sim/world.hpp"

namespace tenure::sim {

class request_budget {
 public:
  /// Requests are counted over this time.
  static constexpr duration window = std::chrono::seconds(10);
  enum class phase : std::uint8_t { faults, steady };

  request_budget(world& its_world, const scenario& its_scenario, const process_set& processes)
      : world_(its_world), scenario_(its_scenario), processes_(processes) {}

  /// Starts to count.
  void start();
  /// Checks the requests since the last call, one window ago, and starts to count again.
  void check(phase now);

 private:
  double limit(phase now) const;

  world& world_;
  const scenario& scenario_;
  const process_set& processes_;
  std::map<actor, std::uint64_t> last_counts_;
};

}  // namespace tenure::sim
