// The configuration of the agent's handler.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <tenure/time.hpp>

#include "agent/consul_version.hpp"

namespace tenure::agent {

class handler_options {
 public:
  std::string node_name = "tenure-agent";
  std::string datacenter = "dc1";
  std::string advertised = "127.0.0.1:8300";  ///< the answer of status/leader
  /// The first index is one above this, and above 10, because Consul's start takes the first ten. A
  /// value from a state file or a clock makes fences grow across restarts.
  std::uint64_t start_index = 0;
  /// The shortest TTL of a session: Consul's session_ttl_min.
  duration session_ttl_min = std::chrono::seconds(10);
  /// For this long after the start every acquisition fails "due to lock delay", because the agent
  /// does not know the delays of its former run.
  duration start_lock_delay{0};
  /// What agent/self says of the limit of connections of one client; 0: none.
  std::size_t most_connections = 0;
  /// Whether it accepts namespaces and partitions, as Consul Enterprise does. All of them share one
  /// state: for tests, which look at handler::tenants().
  bool enterprise = false;
  /// The Consul that the agent answers as.
  consul_version version = consul_version::v1_21;
};

}  // namespace tenure::agent
