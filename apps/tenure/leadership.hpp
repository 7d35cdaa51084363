// Whom is-leader, leader-set and leader-get ask: the sidecar over its socket, or Consul itself.
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

/// What went wrong, in one line, for behind "ERROR ".
class tool_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class leadership {
 public:
  virtual ~leadership() = default;
  /// Whether we lead, and will for at least `ahead` more; nothing stands for what is usual there.
  /// Throws tool_error.
  virtual boost::asio::awaitable<bool> is_leader(std::optional<duration> ahead) = 0;
  virtual boost::asio::awaitable<settings_snapshot> get() = 0;
  virtual boost::asio::awaitable<void> set(leader_settings::changes changes) = 0;
};

/// `election`: its name; may be empty where the sidecar has one only. `snapshot`: the index of the
/// settings that a hook was started with; empty: those of now.
std::unique_ptr<leadership> by_sidecar(boost::asio::any_io_executor executor, std::string socket,
                                       std::string election, std::string snapshot);

/// `key`: of the election. `session`: the one that we lead by, if we lead. `settings`: their key.
std::unique_ptr<leadership> by_consul(boost::asio::any_io_executor executor, consul_config config,
                                      std::string key, std::string session, std::string settings);

/// Setting is refused to everybody else in these words.
inline constexpr const char* not_the_leader = "not the leader";

}  // namespace tenure::apps
