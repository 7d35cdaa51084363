#include "election/sessions/liveness_check.hpp"

#include <algorithm>
#include <utility>

#include "core/util/backoff.hpp"
#include "text/hex.hpp"

namespace tenure::impl {
namespace {

using namespace std::chrono_literals;

constexpr duration deregister_after = 1min;  // Consul takes no less
constexpr duration shortest_pause = 20ms;

std::string unused_id(const std::string& name, runtime::random_source& random) {
  std::string id = name + "-";
  for (int i = 0; i < 2; ++i) id += text::hex(random.next());
  return id;
}

}  // namespace

liveness_check::liveness_check(std::shared_ptr<const runtime::environment> env,
                               consul::client& client, const std::string& name, duration ttl)
    : env_(std::move(env)),
      client_(client),
      name_(name),
      ttl_(ttl),
      service_(unused_id(name, *env_->random)),
      check_(service_ + "-alive"),
      changed_(*env_->timers) {}

boost::asio::awaitable<consul::ack> liveness_check::begin() {
  consul::service_registration wanted;
  wanted.id = service_;
  wanted.name = name_;
  wanted.check_id = check_;
  wanted.check_name = "alive";
  wanted.ttl = ttl_;
  wanted.deregister_after = deregister_after;
  const time_point deadline = env_->timers->now() + client_.config().request_timeout();
  consul::ack answer = co_await client_.register_service(std::move(wanted), deadline);
  if (answer.error) co_return answer;
  heard_ = env_->timers->now();
  const consul::check_result passed = co_await client_.pass_check(check_, deadline);
  answer.error = passed.error;
  answer.detail = passed.detail;
  if (!passed.error && !passed.known) {
    answer.error = consul_errc::server_error;
    answer.detail =
        "the agent registered a service and does not know its check: liveness needs the "
        "agent of this computer, not several behind one address";
  }
  co_return answer;
}

boost::asio::awaitable<bool> liveness_check::run(std::function<void()> on_suspected_expiry) {
  const duration interval = ttl_ / 3;
  core::backoff failures(std::min<duration>(shortest_pause, interval), interval);
  bool quiet = false;
  time_point next = heard_ + interval;
  while (!stopped_) {
    const bool notified = co_await changed_.wait(next);
    if (notified || stopped_) continue;
    const time_point sent = env_->timers->now();
    // Half the TTL leaves time for a second try on another connection.
    const consul::check_result answer = co_await client_.pass_check(check_, sent + ttl_ / 2);
    const time_point now = env_->timers->now();
    if (stopped_) continue;
    if (!answer.error && !answer.known) {
      env_->log->log(log_level::warn, "liveness check forgotten by the agent", {{"check", check_}});
      co_return true;
    }
    const bool silent = now - heard_ >= ttl_;
    if (answer.error) {
      if (!std::exchange(quiet, true)) {
        const bool forbidden = answer.error == consul_errc::forbidden;  // the client says so
        env_->log->log(forbidden ? log_level::debug : log_level::warn, "liveness check pass failed",
                       {{"check", check_}, {"why", answer.detail}});
      }
      next = now + failures.next(env_->random->next());
      continue;
    }
    if (silent) {
      env_->log->log(log_level::warn, "liveness check passed late", {{"check", check_}});
      on_suspected_expiry();
    }
    quiet = false;
    failures.reset();
    heard_ = sent;
    next = sent + interval;
  }
  co_return false;
}

void liveness_check::stop() noexcept {
  stopped_ = true;
  changed_.notify_all();
}

boost::asio::awaitable<void> liveness_check::end(time_point give_up) {
  stop();
  core::backoff failures(100ms, 2s);
  std::string why;
  bool forbidden = false;  // the client names the right
  while (!ended_ && env_->timers->now() < give_up) {
    const consul::ack answer = co_await client_.deregister_service(service_, give_up);
    ended_ = !answer.error;
    why = answer.detail;
    forbidden = answer.error == consul_errc::forbidden;
    if (ended_) co_return;
    const time_point again = env_->timers->now() + failures.next(env_->random->next());
    co_await runtime::sleep_until(*env_->timers, std::min(again, give_up));
  }
  if (!ended_) {
    env_->log->log(forbidden ? log_level::debug : log_level::warn,
                   "liveness service deregistration failed; Consul will remove it",
                   {{"service", service_}, {"why", why}});
  }
}

}  // namespace tenure::impl
