// What a session hangs on where liveness is wanted: the heartbeats of its process.
#include <algorithm>
#include <utility>

#include "election/session_keeper.hpp"
#include "runtime/keeping.hpp"

namespace tenure::impl {
namespace {

using namespace std::chrono_literals;

/// How long it is tried to take a service away.
constexpr duration farewell = 20s;
/// Services that could not be taken away; older ones are left to Consul.
constexpr std::size_t most_dying = 8;

}  // namespace

boost::asio::awaitable<void> session_keeper::beat(std::shared_ptr<heartbeat> pulse) {
  auto doubt = [this] {
    if (!id_.empty()) {
      tasks_.spawn(runtime::keeping(look_whether_alive(id_), shared_from_this()));
    }
  };
  std::function<void()> in_doubt = std::move(doubt);
  const bool forgotten = co_await pulse->beat(std::move(in_doubt));
  if (!forgotten || pulse != pulse_) co_return;
  // Consul ends the session when it hears of it, which may be later, and from another agent: the
  // terms end now, and keep() destroys the session.
  pulse_lost_ = true;
  gone(id_);
}

// Consul may have ended the session meanwhile: it is not waited for the next renewal.
boost::asio::awaitable<void> session_keeper::look_whether_alive(std::string session) {
  const time_point deadline = services_->timers->now() + kind_.ttl / 3;
  const consul::session_renewed renewed = co_await client_.renew_session(session, deadline);
  if (!renewed.error && !renewed.alive) gone(session);
}

// Consul before 1.7 takes the field and does nothing about it.
boost::asio::awaitable<void> session_keeper::look_whether_bound(std::shared_ptr<heartbeat> pulse,
                                                                std::string session) {
  const consul::session_found found =
      co_await client_.session_info(session, consul::consistency::consistent);
  if (found.error || !found.session) co_return;
  const std::vector<std::string>& checks = found.session->service_checks;
  bound_ = std::find(checks.begin(), checks.end(), pulse->check()) != checks.end();
  if (bound_) co_return;
  services_->log->log(log_level::error,
                      "this Consul binds no session to a check of a service, so a crash is seen by "
                      "the session's TTL alone: liveness needs Consul 1.7 or later",
                      {{"session", session}});
}

void session_keeper::drop_pulse(const std::string& session) {
  if (!pulse_) return;
  const std::shared_ptr<heartbeat> pulse = std::exchange(pulse_, nullptr);
  pulse->stop();
  dying_.push_back(pulse);
  if (dying_.size() > most_dying) dying_.erase(dying_.begin());
  tasks_.spawn(runtime::keeping(bury(pulse, session), shared_from_this()));
}

boost::asio::awaitable<void> session_keeper::bury(std::shared_ptr<heartbeat> pulse,
                                                  std::string session) {
  // Without its check it ends by itself, but for the one that the agent has forgotten.
  if (!session.empty()) {
    const consul::done answer = co_await client_.destroy_session(session);
    if (answer.error) {
      services_->log->log(log_level::info, "a lost session could not be destroyed",
                          {{"session", session}, {"why", answer.detail}});
    }
  }
  co_await pulse->end(services_->timers->now() + farewell);
  std::erase(dying_, pulse);
}

}  // namespace tenure::impl
