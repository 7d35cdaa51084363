// The block `hooks:` of an election.
#pragma once

#include "sidecar/config/kinds.hpp"

namespace tenure::sidecar {

/// A guarantee that the span does not allow is an error that shows the calculation.
output_factory read_hooks(const YAML::Node& block, const election_options& election,
                          apps::config_errors& errors);

}  // namespace tenure::sidecar
