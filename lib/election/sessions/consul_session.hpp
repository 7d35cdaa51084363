// One Consul session of the pool: created, renewed, proven, and made anew when it is lost.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <deque>
#include <memory>
#include <string>
#include <tenure/candidacy.hpp>
#include <vector>

#include "consul/client.hpp"
#include "election/sessions/liveness_check.hpp"
#include "runtime/async_condition.hpp"
#include "runtime/environment.hpp"
#include "runtime/task_scope.hpp"

namespace tenure::impl {

class participant;

/// What sessions of a pool have in common; records with equal kinds may share one.
class session_kind {
 public:
  explicit session_kind(const candidacy& how);
  duration span;
  duration ttl;
  duration lock_delay;
  session_behavior behavior;
  friend auto operator<=>(const session_kind&, const session_kind&) = default;
};

/// The span that a session's name tells; zero where it tells none.
duration span_in_name(const std::string& session_name) noexcept;

class consul_session : public std::enable_shared_from_this<consul_session> {
 public:
  /// With `liveness`, not zero, the session hangs on a check that this process keeps passing.
  consul_session(std::shared_ptr<const runtime::environment> env, consul::client& client,
                 runtime::task_scope& tasks, session_kind kind, std::string name,
                 duration liveness = duration{0});

  /// Until it is detached, which it must be before it is destroyed.
  void attach(participant& user);
  void detach(participant& user) noexcept;
  /// Empty while there is none.
  const std::string& id() const noexcept { return id_; }
  const error_code& last_error() const noexcept { return last_error_; }

  /// A server said that the session is unknown.
  void report_lost(const std::string& id);
  /// A record may need its first proof before the next one that is planned.
  void proof_due(time_point at) noexcept;

  boost::asio::awaitable<void> run();
  boost::asio::awaitable<void> prove();
  /// For the end: destroys the session and takes its service away, by the deadline of a request.
  /// Where the session is `spared` it is left to expire, and only services of lost ones go.
  boost::asio::awaitable<void> destroy(bool leave_to_expire);
  /// Whether work runs on that relies on the keys of the session.
  bool in_use() const noexcept;

 private:
  class proof_batch;
  class prover;
  boost::asio::awaitable<consul::session_created> create();
  boost::asio::awaitable<void> wait_before_retry(consul::session_created failed, duration pause);
  boost::asio::awaitable<void> renew_until_gone();
  boost::asio::awaitable<void> run(std::shared_ptr<liveness_check> check);
  boost::asio::awaitable<void> look_whether_bound(std::shared_ptr<liveness_check> check,
                                                  std::string session);
  boost::asio::awaitable<void> look_whether_alive(std::string session);
  boost::asio::awaitable<void> deregister(std::shared_ptr<liveness_check> check, std::string session);
  void drop_check(const std::string& session);
  void take_for_proof(time_point sent);  // a mistake: see core/mutation.hpp
  boost::asio::awaitable<void> prove_in_turn();
  boost::asio::awaitable<void> prove_batch(std::shared_ptr<proof_batch> batch);
  void put_off(const proof_batch& batch, time_point until, const error_code& why);
  void tell_all(void (*tell)(participant&, const std::string& id));
  std::vector<std::weak_ptr<participant>> users() const;
  time_point collect_due(time_point now);

  std::shared_ptr<const runtime::environment> env_;
  consul::client& client_;
  runtime::task_scope& tasks_;
  session_kind kind_;
  std::string name_;
  std::string id_;
  error_code last_error_;
  std::vector<participant*> users_;  // each knows its place
  const duration liveness_;
  std::shared_ptr<liveness_check> check_;
  bool check_lost_ = false;  ///< the agent forgot its check
  bool bound_ = false;       ///< this Consul was seen to bind sessions to checks of services
  std::vector<std::shared_ptr<liveness_check>> pending_deregistrations_;  ///< their services may still be registered
  runtime::async_condition lost_;
  runtime::async_condition due_;
  time_point next_proof_ = time_point::max();
  std::deque<std::shared_ptr<proof_batch>> to_prove_;
  std::size_t provers_ = 0;  ///< who send them, one after the other
};

}  // namespace tenure::impl
