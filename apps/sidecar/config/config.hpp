// The configuration of a sidecar, from a file or from the environment.
#pragma once

#include <optional>
#include <string>
#include <tenure/consul_config.hpp>
#include <tenure/log.hpp>
#include <utility>
#include <vector>

#include "sidecar/config/canonical.hpp"
#include "sidecar/config/election_options.hpp"
#include "sidecar/config/kinds.hpp"
#include "sidecar/http/config.hpp"

namespace tenure::sidecar {

class election_config {
 public:
  explicit election_config(election_options o) : options(std::move(o)) {}

  election_options options;
  std::vector<output_factory> outputs;
  int line = 0;             ///< in the file
  std::string fingerprint;  ///< equal in two files: a reload leaves the election alone
};

class config {
 public:
  explicit config(consul_config c) : consul(std::move(c)) {}

  consul_config consul;
  std::string token_command;  ///< not run yet; empty: none
  duration token_command_interval = std::chrono::minutes(5);
  bool stale = false;  ///< observers and queries may read from any server
  std::size_t sessions = 1;
  std::optional<duration> shutdown;  ///< for the whole way out; nothing: default_shutdown
  std::optional<duration> liveness;  ///< how soon a crash is noticed; nothing: by the TTL
  std::optional<http_config> http;
  std::vector<component_factory> components;
  std::vector<election_config> elections;
  std::string file;  ///< its name; empty: the environment
  sections fixed;  ///< of the file: a reload cannot change them
  std::optional<log_level> level;  ///< nothing: not configured
  bool json_log = false;
};

/// Enough for a promise of is-leader of 30 s and the last hooks.
inline constexpr duration default_shutdown = std::chrono::minutes(1);

/// The error in `shutdown`; empty where it is valid.
std::string shutdown_error(const std::optional<duration>& shutdown);

/// The error in `liveness`; empty where it is valid.
std::string liveness_error(const std::optional<duration>& liveness);

}  // namespace tenure::sidecar
