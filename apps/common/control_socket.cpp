#include "common/control_socket.hpp"

#include <cstdlib>

namespace tenure::apps {

std::string default_control_socket() {
  if (const char* named = std::getenv("TENURE_SOCKET"); named != nullptr && *named != '\0')
    return named;
  const char* run = std::getenv("XDG_RUNTIME_DIR");
  return std::string(run != nullptr && *run != '\0' ? run : "/run") + "/tenure/control.sock";
}

}  // namespace tenure::apps
