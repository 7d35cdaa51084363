// The bodies of agent/service/register and agent/check/register.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/consul_version.hpp"
#include "agent/state/service_entry.hpp"

namespace tenure::agent {

/// The wanted properties of a check.
class check_request {
 public:
  std::string id;
  std::string name;
  std::string notes;
  std::string status;
  std::string service_id;
  std::int64_t ttl_ns = 0;
  std::int64_t reap_after_ns = 0;  ///< DeregisterCriticalServiceAfter

  /// Why Consul refuses it; empty if it does not.
  std::string refusal(const consul_traits& traits) const;
  bool empty() const noexcept;

  // Checks that Consul runs by itself: only enough to refuse them.
  std::int64_t interval_ns = 0;
  std::int64_t output_size = 0;
  bool probes = false;  ///< HTTP, TCP, a script, ...
  bool alias = false;
};

/// `{"Name": "web", "ID": "web1", "Check": {"TTL": "10s"}, ...}`
class service_request {
 public:
  /// Reads the body and fills in defaults. Returns Consul's error text; empty if the body is valid.
  std::string read(std::string_view body, const consul_traits& traits);

  service_fields service;
  std::vector<check_request> checks;
};

/// `{"Name": "alive", "ServiceID": "web1", "TTL": "10s", ...}`
std::string read_check_request(std::string_view body, check_request& check);

/// Whether a check can have that status.
bool known_status(std::string_view status) noexcept;

}  // namespace tenure::agent
