// The block `consul_service:` of an election.
#pragma once

#include <optional>
#include <string>

#include "sidecar/config/env_lookup.hpp"
#include "sidecar/config/kinds.hpp"
#include "sidecar/consul_service/output.hpp"

namespace tenure::sidecar {

output_factory read_consul_service(const YAML::Node& block, const election_options& election,
                                   apps::config_errors& errors);

output_factory make_consul_service(consul_service_options options);

/// Inside Nomad, completes the options from its variables: the allocation whose service is looked
/// up, and the leader file.
void apply_nomad_env(const env_lookup& env, consul_service_options& options);

/// Allocation ids go into a filter expression of Consul: letters, digits, '-' and '_'.
bool is_allocation_id(const std::string& text);

/// "session" or "none".
std::optional<meta_use> meta_use_of(const std::string& text);
health_use health_use_of(bool gates);

}  // namespace tenure::sidecar
