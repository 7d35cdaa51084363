// What the agent's handler is configured by.
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
  std::string advertised = "127.0.0.1:8300";  ///< what status/leader answers
  /// The first index is one above this, or above 10: Consul's own start takes the first ones. A
  /// kept or a clock's value makes fences grow across restarts.
  std::uint64_t start_index = 0;
  /// For this long after the start every acquisition of a key is answered "due to lock delay":
  /// the delays of a former life cannot be known.
  duration start_lock_delay{0};
  /// So many operations a transaction may have: 64 as in 1.8.7; since 1.14 Consul takes 128.
  std::size_t most_operations = 64;
};

}  // namespace tenure::agent
