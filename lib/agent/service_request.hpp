// The bodies of agent/service/register and agent/check/register.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/service_records.hpp"

namespace tenure::agent {

/// A check as its owner wants it.
class check_request {
 public:
  std::string id;
  std::string name;
  std::string notes;
  std::string status;
  std::string service_id;
  std::int64_t ttl_ns = 0;
  std::int64_t reap_after_ns = 0;  ///< DeregisterCriticalServiceAfter

  /// What Consul has against it; empty where it is fine.
  std::string invalid() const;
  bool empty() const noexcept;

  // Of checks that are not done by their owner only so much is known that they can be refused.
  std::int64_t interval_ns = 0;
  std::int64_t output_size = 0;
  bool probes = false;  ///< HTTP, TCP, a script, ...
  bool alias = false;
};

/// `{"Name": "web", "ID": "web1", "Check": {"TTL": "10s"}, ...}`
class service_request {
 public:
  /// Reads the body and puts in defaults. Gives Consul's text; empty where all is fine.
  std::string read(std::string_view body);

  service_fields service;
  std::vector<check_request> checks;
};

/// `{"Name": "alive", "ServiceID": "web1", "TTL": "10s", ...}`
std::string read_check_request(std::string_view body, check_request& check);

/// Statuses that a check can have.
bool known_status(std::string_view status) noexcept;

}  // namespace tenure::agent
