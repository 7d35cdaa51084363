// The path of the socket between the sidecar and the leadership tools.
#pragma once

#include <string>

namespace tenure::apps {

/// TENURE_SOCKET if it is set; else tenure/control.sock below XDG_RUNTIME_DIR, or below /run.
std::string default_control_socket();

}  // namespace tenure::apps
