// The body of agent/service/register.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "agent/consul_version.hpp"
#include "agent/go/struct_reader.hpp"
#include "agent/requests/check_request.hpp"
#include "agent/state/service_entry.hpp"

namespace tenure::agent {

/// `{"Name": "web", "ID": "web1", "Check": {"TTL": "10s"}, ...}`
class service_request {
 public:
  /// Reads the body and fills in defaults. Returns Consul's error text; empty if the body is valid.
  std::string read(std::string_view body, const consul_traits& traits);

  service_fields service;
  std::vector<check_request> checks;
};

/// Whether that is the address of all interfaces, which no service can have.
bool is_any_address(std::string_view address);
/// Consul's error text about a service's metadata; empty if it is valid.
std::string meta_error(const std::map<std::string, std::string>& meta);

/// Reads the service of a catalog's registration, which is the next value; errors name `field`.
void read_node_service(go_struct_reader& fields, std::string_view field, service_fields& service,
                       const consul_traits& traits);

}  // namespace tenure::agent
