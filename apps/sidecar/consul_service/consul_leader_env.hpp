// An election as the variables of the consul-leader sidecar configure it.
#pragma once

#include <string>
#include <tenure/candidacy.hpp>
#include <tenure/log.hpp>

#include "sidecar/config/env_lookup.hpp"
#include "sidecar/consul_service/output.hpp"

namespace tenure::sidecar {

class consul_leader_election {
 public:
  explicit consul_leader_election(const std::string& value) : candidacy(value) {}

  std::string name;  ///< of the election: the name of the service
  std::string key;
  tenure::candidacy candidacy;
  consul_service_options service;
  log_level level = log_level::warn;
};

/// Whether a variable of consul-leader is set.
bool has_consul_leader_env(const env_lookup& env);

/// Reads CONSUL_LEADER_* and NOMAD_*, with consul-leader's defaults. `value`: what the candidacy
/// publishes. Throws apps::usage_error that names the variable, its value and the remedy.
///
/// The span of the lease is CONSUL_LEADER_SLEEP, at most 15 s: a successor starts no later than one
/// sleep after the key is free, as with consul-leader.
consul_leader_election read_consul_leader_env(const env_lookup& env, const std::string& value);

}  // namespace tenure::sidecar
