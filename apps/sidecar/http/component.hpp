// The HTTP server as a component of the sidecar.
#pragma once

#include <memory>
#include <tenure/toolkit/timers.hpp>

#include "sidecar/http/config.hpp"
#include "sidecar/main/component.hpp"
#include "sidecar/main/context.hpp"

namespace tenure::sidecar {

/// Listens at once. Throws fatal_error that names the address.
std::shared_ptr<component> make_http_component(const http_config& config, context& with,
                                               std::shared_ptr<runtime::timers> timers);

}  // namespace tenure::sidecar
