// The body of agent/check/register, and the checks in that of agent/service/register.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/consul_version.hpp"
#include "agent/go/struct_reader.hpp"

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
  bool alias() const noexcept { return !alias_service.empty() || !alias_node.empty(); }
  /// The text of one of its times.
  std::string shown(std::int64_t ns) const;

  // Of checks that Consul runs by itself: what it shows of them.
  std::string type = "ttl";  ///< http, tcp, script, ...
  std::int64_t interval_ns = 0;
  std::int64_t timeout_ns = 0;
  std::int64_t output_size = 0;
  std::string alias_service;
  std::string alias_node;
  bool alone = false;  ///< not in a service's registration: Consul then shows times of 0 as "0s"
};

/// `{"Name": "alive", "ServiceID": "web1", "TTL": "10s", ...}`
std::string read_check_request(std::string_view body, check_request& check,
                               const consul_traits& traits);

/// Reads the check of a service that is the next value; errors name `field`.
void read_service_check(go_struct_reader& fields, std::string_view field, check_request& check,
                        const consul_traits& traits);

/// Whether a check can have that status.
bool known_status(std::string_view status) noexcept;

}  // namespace tenure::agent
