// One Consul session: created, renewed, and replaced when it is lost. Its users learn each change.
// With liveness it is bound to a check that this process keeps passing (session_liveness.cpp).
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>
#include <tenure/candidacy.hpp>
#include <tenure/toolkit/async_condition.hpp>
#include <vector>

#include "consul/client.hpp"
#include "election/request_error.hpp"
#include "election/sessions/liveness_check.hpp"
#include "election/sessions/session_user.hpp"
#include "election/spawn.hpp"
#include "runtime/environment.hpp"
#include "runtime/metering.hpp"

namespace tenure::impl {

/// What Consul is asked for. Participants with equal kinds may share a session.
struct session_kind {
  session_kind(const candidacy& how);
  duration span;
  duration ttl;
  duration lock_delay;
  session_behavior behavior;
  friend auto operator<=>(const session_kind&, const session_kind&) = default;
};

/// How a session is made, and made again.
struct session_plan {
  session_plan(session_kind its_kind, std::string its_name, duration its_liveness)
      : kind(its_kind), name(std::move(its_name)), liveness(its_liveness) {}
  session_kind kind;
  std::string name;   ///< as operators see it; the span is appended
  duration liveness;  ///< zero: none
};

class consul_session : public std::enable_shared_from_this<consul_session> {
 public:
  /// What becomes of the session at the end.
  enum class ending { destroy, leave_to_expire };

  /// `client` outlives the session and the tasks that it spawns.
  consul_session(std::shared_ptr<const runtime::environment> env, consul::client& client,
                 spawn_function spawn, session_plan plan);
  ~consul_session();
  consul_session(const consul_session&) = delete;
  consul_session& operator=(const consul_session&) = delete;

  /// A user must be detached before it is destroyed.
  void attach(session_user& user);
  void detach(session_user& user) noexcept;
  std::size_t user_count() const noexcept { return users_.size(); }
  /// Empty while there is none.
  const std::string& id() const noexcept { return id_; }
  /// A request to create the session is in flight. Users learn its outcome.
  bool creating() const noexcept { return creating_; }
  /// The refusal that an operation reports where `other` is one too: that of the session, whichever
  /// answer came first. So a token that lacks several rights has one report. Null: the request that
  /// creates the session is not answered yet.
  const request_error* report_refusal(const request_error& other) const noexcept;
  /// Work runs that relies on the session's locks.
  bool in_use() const noexcept;

  /// Creates the session, renews it, and creates another when it is lost, until it is cancelled.
  boost::asio::awaitable<void> run();
  /// A server said that it does not know the session.
  void report_lost(const std::string& id);
  /// This process has destroyed the session: another takes its place.
  void replace(const std::string& id);
  /// Renews now, to learn whether the session still lives.
  void check_now();
  /// At the end, after run(): destroys the session and deregisters its services, within a request
  /// time-out. A session that is left to expire keeps its service; services of lost ones go.
  boost::asio::awaitable<void> end(ending how);

 private:
  boost::asio::awaitable<consul::session_created> create();
  boost::asio::awaitable<void> wait_before_retry(consul::session_created failed, duration pause);
  boost::asio::awaitable<void> renew_until_lost();
  boost::asio::awaitable<void> renew_once(std::string session);
  void report_renewed(time_point sent_at);
  void count_renewal(const consul::session_renewed& answer) const noexcept;
  void set_id(std::string id) noexcept;
  std::string describe() const;
  void notify_users(void (*what)(session_user&, const std::string& id));
  std::vector<std::weak_ptr<session_user>> users() const;

  // -- liveness ----------------------------------------------------------------------------------
  boost::asio::awaitable<void> keep_passing(std::shared_ptr<liveness_check> check);
  boost::asio::awaitable<void> verify_bound(std::shared_ptr<liveness_check> check,
                                            std::string session);
  boost::asio::awaitable<void> deregister(std::shared_ptr<liveness_check> check,
                                          std::string session);
  void drop_check(const std::string& session);

  std::shared_ptr<const runtime::environment> env_;
  consul::client& client_;
  spawn_function spawn_;
  const session_plan plan_;
  std::string id_;
  request_error create_error_;  ///< of the last request to create it; none once there is a session
  runtime::gauge_share counted_;
  std::vector<session_user*> users_;
  runtime::async_condition lost_;
  std::shared_ptr<liveness_check> check_;
  /// Of lost sessions: their services may still be registered.
  std::vector<std::shared_ptr<liveness_check>> pending_deregistrations_;
  bool creating_ = false;
  bool check_lost_ = false;  ///< the agent forgot the check
  bool bound_ = false;       ///< this Consul was seen to bind sessions to checks of services
};

}  // namespace tenure::impl
