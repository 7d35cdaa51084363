// The sidecar's HTTP face: the nais elector's two addresses, and more.
#pragma once

#include <memory>

#include "runtime/timers.hpp"
#include "sidecar/faces.hpp"
#include "sidecar/http_config.hpp"

namespace tenure::sidecar {

/// Listens at once. Throws fatal_error that names the address.
std::shared_ptr<part> make_http_part(const http_config& config, surroundings& around,
                                     std::shared_ptr<runtime::timers> timers);

}  // namespace tenure::sidecar
