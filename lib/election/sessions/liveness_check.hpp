// A TTL check at this computer's agent that the process keeps passing, so that Consul sees a crash
// long before the session's TTL. The requests stay between the process and its agent and cost the
// servers nothing. The check belongs to a service that is registered for it alone: a failing check
// of the node would take every service of the node out of discovery. The ids of both are never used
// again: a reused id would keep the previous session alive.
//
// The agent reports the check to the servers with the token of the registration. Revoked, it would
// hide a crash from them, so the service is registered again with each new token.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>
#include <tenure/time.hpp>
#include <tenure/toolkit/async_condition.hpp>

#include "consul/client.hpp"
#include "runtime/environment.hpp"

namespace tenure::impl {

class liveness_check {
 public:
  /// The service is called `name`. The check turns critical when it was not passed for `ttl`.
  liveness_check(std::shared_ptr<const runtime::environment> env, consul::client& client,
                 const std::string& name, duration ttl);

  const std::string& service() const noexcept { return service_; }
  const std::string& check() const noexcept { return check_; }

  /// Registers the service and passes its check once: for `ttl` from then on a session can be bound
  /// to it. After an error the service may be registered or not: call end() all the same.
  boost::asio::awaitable<consul::ack> begin();
  /// Keeps passing the check until stop(). Calls `on_suspected_expiry` after a silence that may
  /// have ended the session. Returns true where the agent forgot the check: the session that is
  /// bound to it has ended, or will.
  boost::asio::awaitable<bool> run(std::function<void()> on_suspected_expiry);
  /// Stops passing the check: it turns critical within `ttl`.
  void stop() noexcept;
  /// Deregisters the service, and with it the check and the session that is bound to it. Retries
  /// until `give_up`; after that Consul removes it once it was critical for a minute.
  boost::asio::awaitable<void> end(time_point give_up);

 private:
  boost::asio::awaitable<consul::ack> register_service(time_point deadline);
  boost::asio::awaitable<void> follow_token(duration interval);

  std::shared_ptr<const runtime::environment> env_;
  consul::client& client_;
  const std::string name_;
  const duration ttl_;
  std::string service_;
  std::string check_;
  std::string token_;   ///< of the last registration
  bool token_refused_ = false;
  time_point heard_{};  ///< when the last answered pass was sent
  bool stopped_ = false;
  bool ended_ = false;
  runtime::async_condition changed_;
};

}  // namespace tenure::impl
