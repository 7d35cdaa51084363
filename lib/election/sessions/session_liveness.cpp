// Liveness: the session is bound to a check that this process keeps passing, so that Consul sees a
// crash long before the session's TTL.
#include <algorithm>
#include <utility>

#include "election/sessions/consul_session.hpp"
#include "runtime/keep_alive.hpp"

namespace tenure::impl {
namespace {

using namespace std::chrono_literals;

// How long the deregistration of a service is retried.
constexpr duration deregister_within = 20s;
// Beyond this many, the oldest services are left for Consul to remove.
constexpr std::size_t most_deregistrations = 8;

}  // namespace

boost::asio::awaitable<void> consul_session::keep_passing(std::shared_ptr<liveness_check> check) {
  auto on_suspected_expiry = [this] { check_now(); };
  std::function<void()> suspect = std::move(on_suspected_expiry);
  const bool forgotten = co_await check->run(std::move(suspect));
  if (!forgotten || check != check_) co_return;
  // Consul ends the session when it hears of it, which may be later, and from another agent: the
  // terms end now, and run() replaces the session.
  check_lost_ = true;
  report_lost(id_);
}

// Consul may have ended the session: the next regular renewal would be too late to learn it.
void consul_session::check_now() {
  if (!id_.empty()) spawn_(runtime::keep_alive(renew_once(id_), shared_from_this()));
}

boost::asio::awaitable<void> consul_session::renew_once(std::string session) {
  const time_point deadline = env_->timers->now() + plan_.kind.ttl / 3;
  const consul::session_renewed renewed = co_await client_.renew_session(session, deadline);
  count_renewal(renewed);
  if (!renewed.error && !renewed.alive) report_lost(session);
}

// Consul before 1.7 accepts the field and ignores it.
boost::asio::awaitable<void> consul_session::verify_bound(std::shared_ptr<liveness_check> check,
                                                          std::string session) {
  const consul::session_found found =
      co_await client_.session_info(session, consul::consistency::consistent);
  if (found.error || !found.session) co_return;
  const std::vector<std::string>& checks = found.session->service_checks;
  bound_ = std::find(checks.begin(), checks.end(), check->check()) != checks.end();
  if (bound_) co_return;
  env_->log->log(log_level::error,
                 "this Consul binds no session to a check of a service, so a crash is seen by "
                 "the session's TTL alone: liveness needs Consul 1.7 or later",
                 {{"session", session}});
}

void consul_session::drop_check(const std::string& session) {
  if (!check_) return;
  const std::shared_ptr<liveness_check> check = std::exchange(check_, nullptr);
  check->stop();
  auto& pending = pending_deregistrations_;
  pending.push_back(check);
  if (pending.size() > most_deregistrations) pending.erase(pending.begin());
  spawn_(runtime::keep_alive(deregister(check, session), shared_from_this()));
}

boost::asio::awaitable<void> consul_session::deregister(std::shared_ptr<liveness_check> check,
                                                        std::string session) {
  // A session ends with its check, but the agent may have forgotten this one.
  if (!session.empty()) {
    const consul::ack answer = co_await client_.destroy_session(session);
    if (answer.error) {
      env_->log->log(log_level::info, "lost session destroy failed",
                     {{"session", session}, {"why", answer.detail}});
    }
  }
  co_await check->end(env_->timers->now() + deregister_within);
  std::erase(pending_deregistrations_, check);
}

}  // namespace tenure::impl
