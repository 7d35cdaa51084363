// The YAML file of a sidecar.
#pragma once

#include <memory>
#include <string>
#include <tenure/consul_config.hpp>
#include <tenure/log.hpp>

#include "common/config_errors.hpp"
#include "sidecar/config/config.hpp"

namespace tenure::sidecar {

/// Reads the text of a file. `consul` comes from the command line and the environment; the file
/// overrides it. Files that change later report their failures to `log`. With errors, the result is
/// unusable.
config read_config(const std::string& text, const consul_config& consul,
                   apps::config_errors& errors, std::shared_ptr<log_sink> log = silent_log());

/// The same while the sidecar runs. The section `consul` cannot change then, so it is not read: its
/// token file would be read a second time.
config read_config_again(const std::string& text, apps::config_errors& errors);

}  // namespace tenure::sidecar
