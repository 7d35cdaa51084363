// Services and checks as Consul shows them: the layout differs by endpoint.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tenure/toolkit/json_writer.hpp>

#include "agent/consul_version.hpp"
#include "agent/state/catalog.hpp"

namespace tenure::agent {

/// What agent/services and agent/service/ID add to a service; empty: not shown.
class agent_service_extras {
 public:
  std::string_view datacenter;
  std::string_view hash;
};
/// As agent/services does.
void write_agent_service(text::json_writer& json, const service_fields& service,
                         const agent_service_extras& extras);

/// The indexes of a check; those of the agent's own are 0.
class check_indexes {
 public:
  std::uint64_t create = 0;
  std::uint64_t modify = 0;
};
void write_check(text::json_writer& json, const std::string& node, const check_fields& check,
                 const check_indexes& indexes, const consul_traits& traits);
/// The check of a node, as the catalog shows it.
void write_catalog_check(text::json_writer& json, const std::string& node,
                         const catalog_check& check, const consul_traits& traits);
/// As health/service does.
void write_node(text::json_writer& json, const catalog_node& node);
void write_health_service(text::json_writer& json, const service_entry& service,
                          const consul_traits& traits);
/// As catalog/service does.
void write_catalog_service(text::json_writer& json, const catalog_node& node,
                           const service_entry& service, const consul_traits& traits);

}  // namespace tenure::agent
