// In whose name a request comes.
#pragma once

#include <compare>
#include <string>

namespace tenure::agent {

/// What is empty was not in the request.
struct tenant {
  std::string datacenter;
  std::string partition;
  std::string name_space;
  friend auto operator<=>(const tenant&, const tenant&) = default;
};

}  // namespace tenure::agent
