// Whether requests can be made as a configuration says.
#pragma once

#include <tenure/consul_config.hpp>

namespace tenure::consul {

/// Throws bad_configuration for what cannot be part of a request, such as a secret with a line end
/// or of more than longest_secret bytes. Every object that sends requests does this first.
void check_config(const consul_config& config);

}  // namespace tenure::consul
