// The body of agent/service/register.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/consul_version.hpp"
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

}  // namespace tenure::agent
