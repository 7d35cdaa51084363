// The section `consul` of the file: where Consul is, and as whom to ask it.
#pragma once

#include <yaml-cpp/yaml.h>

#include <memory>
#include <tenure/log.hpp>

#include "common/config_errors.hpp"
#include "sidecar/config/config.hpp"

namespace tenure::sidecar {

/// Its values override those of the command line and the environment. A token file reports its
/// failures to `log`.
void read_consul(const YAML::Node& node, const std::shared_ptr<log_sink>& log, config& to,
                 apps::config_errors& errors);

}  // namespace tenure::sidecar
