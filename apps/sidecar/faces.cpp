#include "sidecar/faces.hpp"

namespace tenure::sidecar {

const std::vector<face_kind>& face_kinds() {
  static const std::vector<face_kind> kinds = {
      // {"hooks", &read_hooks},
  };
  return kinds;
}

const std::vector<part_kind>& part_kinds() {
  static const std::vector<part_kind> kinds = {
      // {"control", &read_control},
  };
  return kinds;
}

}  // namespace tenure::sidecar
