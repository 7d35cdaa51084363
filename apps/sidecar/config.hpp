// What a sidecar is told to do: by a YAML file, or by the environment alone for one election.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <tenure/candidacy.hpp>
#include <tenure/consul_config.hpp>
#include <tenure/log.hpp>
#include <vector>

#include "sidecar/faces.hpp"
#include "sidecar/http_config.hpp"
#include "sidecar/yaml_block.hpp"

namespace tenure::sidecar {

class election_config {
 public:
  explicit election_config(election_terms t) : terms(std::move(t)) {}
  election_terms terms;
  std::vector<face_factory> faces;
};

class config {
 public:
  explicit config(consul_config c) : consul(std::move(c)) {}

  consul_config consul;
  std::size_t sessions = 1;
  std::optional<duration> liveness;  ///< how soon a crash is seen; nothing: by the TTL
  std::optional<http_config> http;
  std::vector<part_factory> parts;
  std::vector<election_config> elections;
  std::optional<log_level> level;  ///< where the configuration says one
  bool json_log = false;
};

using lookup = std::function<std::optional<std::string>(const char* name)>;

/// Reads a file's text over what the command line and the environment say of Consul. What is wrong
/// with it goes to `into`, and then the result is of no use.
config read_config(const std::string& text, const consul_config& consul, mistakes& into);

/// One election by the variables of the nais elector (ELECTOR_*), of consul-leader
/// (CONSUL_LEADER_*), or of both. Throws apps::usage_error that names the variable.
config config_from_environment(const lookup& variable, const consul_config& consul);

/// Why it cannot work; empty where it can.
std::string wrong_liveness(const std::optional<duration>& liveness);

/// What a sidecar publishes unless told otherwise: the host's name, by which clients know
/// themselves.
std::string host_name();

/// Names are parts of addresses: letters, digits, '-', '_' and '.', at most 100.
bool is_election_name(const std::string& name);

}  // namespace tenure::sidecar
