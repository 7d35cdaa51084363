// What Prometheus is told. docs/sidecar.md lists the names.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "sidecar/board.hpp"

namespace tenure::sidecar {

class metrics_input {
 public:
  metrics_input(const board& b, std::size_t most_elections)
      : all(b), most_elections(most_elections) {}

  const board& all;
  /// With more elections than this there are no metrics of each: labels stay bounded.
  std::size_t most_elections;
  std::size_t connections = 0;
  std::size_t subscribers = 0;
  std::size_t feeds = 0;
  std::uint64_t refused = 0;
  std::map<unsigned, std::uint64_t> answers;  ///< by class of status
};

/// In Prometheus' text format 0.0.4.
std::string metrics_text(const metrics_input& in);

}  // namespace tenure::sidecar
