// Services and checks as Consul shows them: the layout differs by endpoint.
#pragma once

#include <cstdint>
#include <string>
#include <tenure/toolkit/json_writer.hpp>

#include "agent/state/check_entry.hpp"
#include "agent/state/service_entry.hpp"

namespace tenure::agent {

/// The node as catalog and health show it.
class node_fields {
 public:
  std::string id;
  std::string name;
  std::string address;
  std::string datacenter;
  std::uint64_t index = 0;
};

/// As agent/services does; `hash` (null: none) as agent/service/ID does.
void write_agent_service(text::json_writer& json, const service_fields& service,
                       const std::string* hash);
void write_check(text::json_writer& json, const std::string& node, const check_fields& check,
                 std::uint64_t create_index, std::uint64_t modify_index);
/// As health/service does.
void write_node(text::json_writer& json, const node_fields& node);
void write_health_service(text::json_writer& json, const service_entry& service);
/// The node's own check, which always exists: Consul's gossip among servers.
check_fields node_health();
/// As catalog/service does.
void write_catalog_service(text::json_writer& json, const node_fields& node,
                           const service_entry& service);

}  // namespace tenure::agent
