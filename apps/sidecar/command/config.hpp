// The block `command:` of an election.
#pragma once

#include "sidecar/config/kinds.hpp"

namespace tenure::sidecar {

output_factory read_command(const YAML::Node& block, const election_options& election,
                            apps::config_errors& errors);

}  // namespace tenure::sidecar
