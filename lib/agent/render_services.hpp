// Services and checks as Consul shows them, which is differently in each place.
#pragma once

#include <cstdint>
#include <string>

#include "agent/service_records.hpp"
#include "text/json_writer.hpp"

namespace tenure::agent {

/// What is told of the node beside its services.
class node_fields {
 public:
  std::string id;
  std::string name;
  std::string address;
  std::string datacenter;
  std::uint64_t index = 0;
};

/// As the agent shows its own; `hash` only where one is asked for alone.
void write_own_service(text::json_writer& json, const service_fields& service,
                       const std::string* hash);
void write_check(text::json_writer& json, const std::string& node, const check_fields& check,
                 std::uint64_t create_index, std::uint64_t modify_index);
/// As health/service does.
void write_node(text::json_writer& json, const node_fields& node);
void write_health_service(text::json_writer& json, const service_record& service);
/// The health of the node, which is always there: Consul's gossip among servers.
check_fields node_health();
/// As catalog/service does.
void write_catalog_service(text::json_writer& json, const node_fields& node,
                           const service_record& service);

}  // namespace tenure::agent
