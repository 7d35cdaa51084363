// Reads services of the local agent. The agent does not accept all that it returns, and it may know
// fields that this program does not know: those are kept as the JSON text that they came in.
#pragma once

#include <optional>
#include <string>
#include <tenure/agent_services.hpp>
#include <vector>

namespace tenure::consul {

/// Reads the answer of `agent/service/ID`. Nothing if `json` does not describe a service.
std::optional<agent_service> parse_service(const std::string& json);
/// Reads the answer of `agent/services`; sorted by id.
std::optional<std::vector<agent_service>> parse_services(const std::string& json);
/// Reads the answer of `agent/health/service/id/ID`.
std::optional<service_health> parse_health(const std::string& json);

}  // namespace tenure::consul
