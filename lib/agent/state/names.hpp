// Names of nodes, services and checks, which Consul compares without regard to case.
#pragma once

#include <string_view>

namespace tenure::agent {

bool same_name(std::string_view a, std::string_view b) noexcept;

/// The catalog's order of names and ids.
class name_order {
 public:
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const noexcept;
};

}  // namespace tenure::agent
