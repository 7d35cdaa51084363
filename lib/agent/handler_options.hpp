// The configuration of the agent's handler.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <tenure/time.hpp>

namespace tenure::agent {

class handler_options {
 public:
  std::string node_name = "tenure-agent";
  std::string datacenter = "dc1";
  std::string advertised = "127.0.0.1:8300";  ///< the answer of status/leader
  /// The first index is one above this, and above 10, because Consul's start takes the first ten. A
  /// value from a state file or a clock makes fences grow across restarts.
  std::uint64_t start_index = 0;
  /// For this long after the start every acquisition fails "due to lock delay", because the agent
  /// does not know the delays of its former run.
  duration start_lock_delay{0};
  /// The limit of operations per transaction: 64 as in Consul 1.8.7; since 1.14 Consul takes 128.
  std::size_t most_operations = 64;
};

}  // namespace tenure::agent
