// How the face of a Consul service is configured: by its block in the file, or by the environment
// of the consul-leader sidecar.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <tenure/candidacy.hpp>
#include <tenure/log.hpp>

#include "sidecar/consul_service.hpp"
#include "sidecar/faces.hpp"

namespace tenure::sidecar {

/// An environment; nothing stands for "not set".
using variables = std::function<std::optional<std::string>(const char* name)>;

/// The block `consul_service:` of an election.
face_factory read_consul_service(const YAML::Node& block, const election_terms& of,
                                 mistakes& into);
/// The same, without a file.
face_factory consul_service_factory(consul_service_options options);

/// Where the service is by default: the allocation, and its file. Throws fatal_error for an
/// allocation that cannot be asked for.
void look_for_nomad(const variables& environment, consul_service_options& into);

/// A whole election as the variables of the consul-leader sidecar say.
class consul_leader_settings {
 public:
  explicit consul_leader_settings(const std::string& value) : how(value) {}

  std::string name;  ///< of the election: the service's
  std::string key;
  candidacy how;
  consul_service_options service;
  log_level level = log_level::warn;
};

/// Whether the environment is one of consul-leader: one of its variables is set.
bool is_consul_leader(const variables& environment);

/// Reads CONSUL_LEADER_* and NOMAD_*, with consul-leader's defaults. `value`: what is published.
/// What cannot work throws apps::usage_error that names the variable, its value and the remedy.
///
/// The lease's span is CONSUL_LEADER_SLEEP, at most 15 s: a successor starts no later than the
/// sleep after the key is free, as it does with consul-leader.
consul_leader_settings consul_leader_from(const variables& environment, const std::string& value);

}  // namespace tenure::sidecar
