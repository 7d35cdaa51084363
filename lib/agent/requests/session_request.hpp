// The body of session/create.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/state/session_entry.hpp"

namespace tenure::agent {

/// The wanted properties of a new session: Consul's defaults, overridden by the body.
class session_request {
 public:
  explicit session_request(const std::string& node_name) : node(node_name) {}

  /// Reads the body over the defaults. Returns Go's error text; empty if the body is valid.
  std::string read(std::string_view body);

  std::string name;
  std::string node;
  std::string behavior = "release";
  std::string ttl;
  std::int64_t lock_delay_ns = 15'000'000'000;
  /// The old name and the new one of the same list; each defaults to the node's own health check.
  std::optional<std::vector<std::string>> checks{{"serfHealth"}};
  std::optional<std::vector<std::string>> node_checks{{"serfHealth"}};
  std::optional<std::vector<service_check>> service_checks;
};

}  // namespace tenure::agent
