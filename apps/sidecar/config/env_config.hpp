// A sidecar without a file: the variables of the nais elector (ELECTOR_*) and of the consul-leader
// sidecar (CONSUL_LEADER_*), so that users of either need not change their environment.
#pragma once

#include <tenure/consul_config.hpp>

#include "sidecar/config/config.hpp"
#include "sidecar/config/env_lookup.hpp"

namespace tenure::sidecar {

/// One election, configured by either set of variables or by both. Throws apps::usage_error that
/// names the variable.
config config_from_environment(const env_lookup& env, const consul_config& consul);

}  // namespace tenure::sidecar
