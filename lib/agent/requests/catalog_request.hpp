// The bodies of catalog/register and catalog/deregister.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/consul_version.hpp"
#include "agent/state/catalog.hpp"

namespace tenure::agent {

/// A check, and the node that it names.
class registered_check {
 public:
  std::string node;
  check_fields check;
};

/// `{"Node": "db1", "Address": "10.0.0.1", "Service": {...}, "Check": {...}}`
class catalog_registration {
 public:
  /// Returns Go's error text; empty if the body is valid.
  std::string read(std::string_view body, const consul_traits& traits);

  node_fields node;
  bool skip_node_update = false;
  std::optional<service_fields> service;
  std::vector<registered_check> checks;
};

/// `{"Node": "db1", "ServiceID": "web1"}`: a service, a check, or without both the whole node.
class catalog_deregistration {
 public:
  /// Returns Go's error text; empty if the body is valid.
  std::string read(std::string_view body);

  std::string datacenter;
  std::string node;
  std::string service_id;
  std::string check_id;
};

}  // namespace tenure::agent
