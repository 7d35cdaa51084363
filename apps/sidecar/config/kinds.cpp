#include "sidecar/config/kinds.hpp"

#include "sidecar/command/config.hpp"
#include "sidecar/consul_service/config.hpp"
#include "sidecar/control/socket.hpp"
#include "sidecar/hooks/config.hpp"

namespace tenure::sidecar {

const std::vector<output_kind>& output_kinds() {
  static const std::vector<output_kind> kinds = {
      {"consul_service", &read_consul_service},
      {"hooks", &read_hooks},
      {"command", &read_command},
  };
  return kinds;
}

const std::vector<component_kind>& component_kinds() {
  static const std::vector<component_kind> kinds = {
      {"control", &read_control},
  };
  return kinds;
}

}  // namespace tenure::sidecar
