#include "sidecar/faces.hpp"

#include "sidecar/command_config.hpp"
#include "sidecar/consul_service_config.hpp"
#include "sidecar/control.hpp"
#include "sidecar/hooks_config.hpp"

namespace tenure::sidecar {

const std::vector<face_kind>& face_kinds() {
  static const std::vector<face_kind> kinds = {
      {"consul_service", &read_consul_service},
      {"hooks", &read_hooks},
      {"command", &read_command},
  };
  return kinds;
}

const std::vector<part_kind>& part_kinds() {
  static const std::vector<part_kind> kinds = {
      {"control", &read_control},
  };
  return kinds;
}

}  // namespace tenure::sidecar
