// The metrics of the sidecar for Prometheus. docs/sidecar.md lists their names.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tenure/metrics.hpp>

#include "sidecar/http/status_registry.hpp"
#include "sidecar/main/joined_groups.hpp"
#include "sidecar/main/output_environment.hpp"

namespace tenure::sidecar {

class metrics_input {
 public:
  metrics_input(const metrics_registry& library, const status_registry& registry,
                const output_environment& env, const joined_groups& groups,
                std::size_t max_elections)
      : library(library),
        registry(registry),
        env(env),
        groups(groups),
        max_elections(max_elections) {}

  const metrics_registry& library;
  const status_registry& registry;
  const output_environment& env;  ///< its counters
  const joined_groups& groups;
  /// With more elections than this, there are only totals: the number of labels stays bounded.
  std::size_t max_elections;
  std::size_t connections = 0;
  std::size_t subscribers = 0;
  std::size_t feeds = 0;
  std::uint64_t refused = 0;
  std::map<unsigned, std::uint64_t> responses;  ///< by class of status: 2 for 2xx
};

/// The sidecar's own metrics and those of the library, in the text format 0.0.4 of Prometheus.
std::string metrics_text(const metrics_input& in);

}  // namespace tenure::sidecar
