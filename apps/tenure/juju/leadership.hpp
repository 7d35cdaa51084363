// The leadership of one election, as is-leader, leader-set and leader-get see it. The sidecar
// answers over its control socket, or Consul itself.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <tenure/consul_config.hpp>
#include <tenure/leader_settings.hpp>
#include <tenure/time.hpp>

namespace tenure::apps {

/// A failure. what() is one line, which the tool prints after "ERROR ".
class tool_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Throws tool_error.
class leadership {
 public:
  virtual ~leadership() = default;
  /// Whether this unit leads, and will lead for at least `guarantee` more. Empty: the default of
  /// the sidecar's configuration, or 30 s without a sidecar.
  virtual boost::asio::awaitable<bool> is_leader(std::optional<duration> guarantee) = 0;
  virtual boost::asio::awaitable<settings_snapshot> get() = 0;
  /// Stores all changes or none. Throws tool_error(not_the_leader) if this unit does not lead.
  virtual boost::asio::awaitable<void> set(leader_settings::changes changes) = 0;
};

/// How to reach the sidecar.
struct sidecar_address {
  std::string socket;
  std::string election;  ///< its name; may be empty if the sidecar has only one
  std::string snapshot;  ///< the index of the settings when the hook started; empty: the latest
};
std::unique_ptr<leadership> leadership_by_sidecar(boost::asio::any_io_executor executor,
                                                  sidecar_address address);

/// The keys of an election, and the session by which this unit leads it.
struct election_keys {
  std::string key;
  std::string settings;
  std::string session;  ///< empty: this unit does not lead
};
std::unique_ptr<leadership> leadership_by_consul(boost::asio::any_io_executor executor,
                                                 consul_config config, election_keys keys);

/// What both say if a unit that does not lead writes settings. Juju's words.
inline constexpr const char* not_the_leader = "not the leader";

}  // namespace tenure::apps
