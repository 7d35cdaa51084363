// How one client speaks TLS with its server: the context of its files, which is made again when
// they change, and the session that the next connection resumes.
#pragma once

#include <memory>
#include <string>
#include <tenure/consul_config.hpp>
#include <tenure/log.hpp>
#include <tenure/time.hpp>
#include <vector>

#include "wire/stream.hpp"
#include "wire/tls_files.hpp"

struct ssl_session_st;

namespace tenure::wire {

/// One state of the files. Its connections share it.
class tls_profile {
 public:
  tls_profile(std::shared_ptr<boost::asio::ssl::context> context, std::string server_name,
              bool verify);
  tls_profile(const tls_profile&) = delete;
  tls_profile& operator=(const tls_profile&) = delete;
  ~tls_profile();

  /// Prepares a connected stream for its handshake. Throws system_error.
  tls_channel& secure(stream& connected) const;
  /// Stores the connection's session for the connections to come, once the server has sent one.
  void remember(const tls_channel& tls);
  /// A request on a connection of this profile got its response.
  bool proven() const noexcept { return proven_; }
  const std::string& server_name() const noexcept { return server_name_; }

 private:
  std::shared_ptr<boost::asio::ssl::context> context_;
  std::string server_name_;
  std::string server_address_;  ///< where the name is an IP address
  bool verify_;
  bool proven_ = false;
  ssl_session_st* session_ = nullptr;
};

class tls_client {
 public:
  /// Of a configuration with TLS. Reads the files. Throws bad_configuration.
  tls_client(const consul_config& config, std::shared_ptr<log_sink> log);

  /// For a new connection. Looks whether the files have changed.
  std::shared_ptr<tls_profile> profile();
  /// A handshake failed because of a certificate: the next profile() reads the files, whatever the
  /// file system says of them.
  void suspect() noexcept { suspected_ = true; }

  /// Whether a connection that has become idle is to be closed, because the files have changed. All
  /// of them are, once a connection has worked with the new files. Until then one at a time, and
  /// none that `vital` work needs: the new files may be wrong, and terms live by the old
  /// connections.
  bool retire(const tls_profile& of, bool vital, time_point now);
  /// The settings of new connections if one has worked with them, else nullptr.
  std::shared_ptr<tls_profile> proven_profile() const noexcept {
    return current_->proven() ? current_ : nullptr;
  }

 private:
  void look();

  consul_tls how_;
  std::string server_name_;
  std::shared_ptr<log_sink> log_;
  std::shared_ptr<tls_profile> current_;
  std::vector<file_stamp> stamps_;
  std::size_t content_ = 0;
  std::string warned_;  ///< the last warning; empty: the files are fine
  bool suspected_ = false;
  time_point next_look_{};   ///< of retire()
  time_point next_trial_{};  ///< of a new profile that is not proven
};

}  // namespace tenure::wire
