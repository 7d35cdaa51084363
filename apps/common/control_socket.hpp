// Where the sidecar and its tools meet.
#pragma once

#include <string>

namespace tenure::apps {

/// TENURE_SOCKET where it is set; else tenure/control.sock below XDG_RUNTIME_DIR, or below /run.
std::string default_control_socket();

}  // namespace tenure::apps
