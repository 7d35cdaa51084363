// What a session hangs on where liveness is wanted: the heartbeats of its process.
#include <algorithm>
#include <utility>

#include "election/sessions/consul_session.hpp"
#include "runtime/keep_alive.hpp"

namespace tenure::impl {
namespace {

using namespace std::chrono_literals;

/// How long it is tried to take a service away.
constexpr duration farewell = 20s;
/// Services that could not be taken away; older ones are left to Consul.
constexpr std::size_t most_deregistrations = 8;

}  // namespace

boost::asio::awaitable<void> consul_session::run(std::shared_ptr<liveness_check> check) {
  auto on_suspected_expiry = [this] {
    if (!id_.empty()) {
      tasks_.spawn(runtime::keep_alive(look_whether_alive(id_), shared_from_this()));
    }
  };
  std::function<void()> in_doubt = std::move(on_suspected_expiry);
  const bool forgotten = co_await check->run(std::move(in_doubt));
  if (!forgotten || check != check_) co_return;
  // Consul ends the session when it hears of it, which may be later, and from another agent: the
  // terms end now, and keep() destroys the session.
  check_lost_ = true;
  report_lost(id_);
}

// Consul may have ended the session meanwhile: it is not waited for the next renewal.
boost::asio::awaitable<void> consul_session::look_whether_alive(std::string session) {
  const time_point deadline = env_->timers->now() + kind_.ttl / 3;
  const consul::session_renewed renewed = co_await client_.renew_session(session, deadline);
  if (!renewed.error && !renewed.alive) report_lost(session);
}

// Consul before 1.7 takes the field and does nothing about it.
boost::asio::awaitable<void> consul_session::look_whether_bound(std::shared_ptr<liveness_check> check,
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
  pending_deregistrations_.push_back(check);
  if (pending_deregistrations_.size() > most_deregistrations) pending_deregistrations_.erase(pending_deregistrations_.begin());
  tasks_.spawn(runtime::keep_alive(deregister(check, session), shared_from_this()));
}

boost::asio::awaitable<void> consul_session::deregister(std::shared_ptr<liveness_check> check,
                                                  std::string session) {
  // Without its check it ends by itself, but for the one that the agent has forgotten.
  if (!session.empty()) {
    const consul::ack answer = co_await client_.destroy_session(session);
    if (answer.error) {
      env_->log->log(log_level::info, "a lost session could not be destroyed",
                          {{"session", session}, {"why", answer.detail}});
    }
  }
  co_await check->end(env_->timers->now() + farewell);
  std::erase(pending_deregistrations_, check);
}

}  // namespace tenure::impl
