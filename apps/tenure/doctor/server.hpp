// What Consul says of itself: version, leader, servers, clock, limits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tenure/doctor/asker.hpp"
#include "tenure/doctor/network.hpp"
#include "tenure/doctor/report.hpp"

namespace tenure::doctor {

struct server_facts {
  bool answers = false;     ///< as Consul does, with a raft leader or without
  bool has_leader = false;  ///< of raft
  std::string node;         ///< of the agent; empty: unknown
  std::optional<bool> acls;
  std::optional<std::uint64_t> most_connections;  ///< of one client address
};

server_facts check_server(report& out, asker& ask);

/// The limits of this host and of the agent.
void check_limits(report& out, const server_facts& server, const network_facts& network,
                  const consul_config& config);

}  // namespace tenure::doctor
