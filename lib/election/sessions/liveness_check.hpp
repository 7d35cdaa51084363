// Tells the agent of this machine that the process lives, so that a crash is seen long before a
// session's TTL could end: a TTL check, kept passing by a request that never leaves the machine and
// costs the servers nothing. The check is one of a service registered for it alone, because a check
// of the node would take every service of the node along when it fails; and the ids of both are
// never used twice, because a second life would keep the first one's session.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>
#include <tenure/time.hpp>

#include "consul/client.hpp"
#include "runtime/async_condition.hpp"
#include "runtime/environment.hpp"

namespace tenure::impl {

class liveness_check {
 public:
  /// The service is called `name`. The check is critical when nothing was heard for `ttl`.
  liveness_check(std::shared_ptr<const runtime::environment> env, consul::client& client,
            const std::string& name, duration ttl);

  const std::string& service() const noexcept { return service_; }
  const std::string& check() const noexcept { return check_; }

  /// Registers the service and lets its check pass once: a session can be bound to it for `ttl`
  /// from then on. An error says that nothing is sure; end() is due all the same.
  boost::asio::awaitable<consul::ack> begin();
  /// Goes on passing it, until stop(). Calls `doubt` when it was silent for so long that Consul
  /// may have ended the session. Returns true where the agent does not know the check any more:
  /// then the session that hangs on it ends, or has ended.
  boost::asio::awaitable<bool> run(std::function<void()> on_suspected_expiry);
  /// Nothing more is passed: the check fails within `ttl`.
  void stop() noexcept;
  /// Takes the service away, and with it the check and the session that is bound to it. Tries for
  /// a while; if it fails, Consul takes it away itself when it was critical for a minute.
  boost::asio::awaitable<void> end(time_point give_up);

 private:
  std::shared_ptr<const runtime::environment> env_;
  consul::client& client_;
  const std::string name_;
  const duration ttl_;
  std::string service_;
  std::string check_;
  time_point heard_{};  ///< when the last pass that was answered went out
  bool stopped_ = false;
  bool ended_ = false;
  runtime::async_condition changed_;
};

}  // namespace tenure::impl
