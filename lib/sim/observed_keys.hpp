// What each process has seen of the keys. The protection of a term depends on it: a process that
// saw a key held waits out the holder's lease.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tenure/time.hpp>

#include "sim/ground_truth.hpp"
#include "sim/inflight_request.hpp"
#include "sim/world.hpp"

namespace tenure::sim {

class observed_keys {
 public:
  observed_keys(const world& its_world, const ground_truth& truth)
      : world_(its_world), truth_(truth) {}

  /// A process enters an election: it has seen nothing of the key yet.
  void entered(actor who, const std::string& key);
  /// A process received the response to a read.
  void received(const inflight_request& read);
  /// Whether the process saw another holder of the key, at an index of `fence` or later, and saw it
  /// before `limit`.
  bool saw_held(actor who, const std::string& key, std::uint64_t fence, time_point limit) const;

 private:
  class observation {
   public:
    std::uint64_t last_index = 0;
    std::uint64_t held = 0;  ///< the greatest index at which another session held the key
    time_point first_held_at{};  ///< when the first such response arrived
  };
  void key_shown(const inflight_request& read, std::string_view json);

  const world& world_;
  const ground_truth& truth_;
  std::map<actor, std::map<std::string, observation, std::less<>>> by_process_;
};

}  // namespace tenure::sim
