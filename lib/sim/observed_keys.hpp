// What each process has seen of the keys. The protection of a term depends on it: a process that
// saw a key held waits out the holder's lease.
//
// A process with several tenants, elections objects on shared connections, has several such views:
// what one of them reads is not known to the candidates of another.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tenure/time.hpp>
#include <utility>

#include "sim/ground_truth.hpp"
#include "sim/inflight_request.hpp"
#include "sim/scenario.hpp"
#include "sim/world.hpp"

namespace tenure::sim {

class observed_keys {
 public:
  observed_keys(const world& its_world, const scenario& its_scenario, const ground_truth& truth)
      : world_(its_world), scenario_(its_scenario), truth_(truth) {}

  /// A process enters an election: it has seen nothing of the key yet.
  void entered(actor who, const std::string& key);
  /// A process received the response to a read.
  void received(const inflight_request& read);
  /// Whether the process's candidate saw another holder of its election's key, at an index of
  /// `fence` or later, and saw it before `limit`.
  bool saw_held(actor who, const std::string& key, std::uint64_t fence, time_point limit) const;

 private:
  class observation {
   public:
    std::uint64_t last_index = 0;
    std::uint64_t held = 0;  ///< the greatest index at which another session held the key
    time_point first_held_at{};  ///< when the first such response arrived
  };
  using observations = std::map<std::string, observation, std::less<>>;
  using viewer = std::pair<actor, std::size_t>;  ///< a process, and which of its tenants

  void key_shown(const inflight_request& read, std::string_view json, observations& keys);
  viewer viewer_of(actor who, const std::string& election) const;

  const world& world_;
  const scenario& scenario_;
  const ground_truth& truth_;
  std::map<viewer, observations> by_viewer_;
};

}  // namespace tenure::sim
