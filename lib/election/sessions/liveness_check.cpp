#include "election/sessions/liveness_check.hpp"

#include <algorithm>
#include <tenure/outage_log.hpp>
#include <utility>

#include "consul/failure_log.hpp"
#include "core/util/backoff.hpp"
#include "text/hex.hpp"

namespace tenure::impl {
namespace {

using namespace std::chrono_literals;

constexpr duration deregister_after = 1min;  // Consul takes no less
constexpr duration shortest_pause = 20ms;

constexpr std::string_view pass_failed = "liveness check pass failed";

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

boost::asio::awaitable<consul::ack> liveness_check::register_service(time_point deadline) {
  consul::service_registration wanted;
  wanted.id = service_;
  wanted.name = name_;
  wanted.check_id = check_;
  wanted.check_name = "alive";
  wanted.ttl = ttl_;
  wanted.deregister_after = deregister_after;
  const std::string token = client_.config().token();
  consul::ack answer = co_await client_.register_service(std::move(wanted), deadline);
  if (!answer.error) token_ = token;
  co_return answer;
}

boost::asio::awaitable<consul::ack> liveness_check::begin() {
  const time_point deadline = client_.deadline();
  consul::ack answer = co_await register_service(deadline);
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
      consul::log_failure(*env_, pass_failed, answer.error, answer.detail, {{"check", check_}});
      next = now + failures.next(env_->random->next());
      continue;
    }
    if (silent) {
      env_->log->log(log_level::warn, "liveness check passed late", {{"check", check_}});
      on_suspected_expiry();
    }
    env_->outages->succeeded(pass_failed, now);
    failures.reset();
    heard_ = sent;
    next = sent + interval;
    if (client_.config().token() != token_) co_await follow_token(interval);
  }
  co_return false;
}

// The agent keeps the state of a check that is registered again.
boost::asio::awaitable<void> liveness_check::follow_token(duration interval) {
  const consul::ack answer = co_await register_service(env_->timers->now() + interval / 2);
  if (answer.error && !token_refused_) {
    env_->log->log(log_level::warn, "liveness service not registered with the new token",
                   {{"service", service_}, {"why", answer.detail}});
  }
  token_refused_ = static_cast<bool>(answer.error);
}

void liveness_check::stop() noexcept {
  stopped_ = true;
  changed_.notify_all();
}

boost::asio::awaitable<void> liveness_check::end(time_point give_up) {
  stop();
  core::backoff failures(100ms, 2s);
  consul::ack last;
  while (!ended_ && env_->timers->now() < give_up) {
    consul::ack answer = co_await client_.deregister_service(service_, give_up);
    ended_ = !answer.error;
    if (ended_) co_return;
    last = std::move(answer);
    const time_point again = env_->timers->now() + failures.next(env_->random->next());
    co_await runtime::sleep_until(*env_->timers, std::min(again, give_up));
  }
  if (!ended_) {
    consul::log_failure(*env_, "liveness service deregistration failed; Consul will remove it",
                        last.error, last.detail, {{"service", service_}});
  }
}

}  // namespace tenure::impl
