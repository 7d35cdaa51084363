// The control socket: a unix socket that only its owner may use, where is-leader, leader-get and
// leader-set send their requests. The component that the block `control:` adds to a sidecar.
#pragma once

#include "sidecar/config/kinds.hpp"

namespace tenure::sidecar {

/// The block `control: {socket: PATH}`.
component_factory read_control(const YAML::Node& block, apps::config_errors& errors);

}  // namespace tenure::sidecar
