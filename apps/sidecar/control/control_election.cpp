#include "sidecar/control/control_election.hpp"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <tenure/toolkit/async_condition.hpp>
#include <utility>

#include "common/duration.hpp"
#include "sidecar/config/guarantee.hpp"
#include "sidecar/control/cancel_timer.hpp"

namespace tenure::sidecar {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

/// How long is_leader() waits for a proof.
constexpr duration proof_timeout = 5s;
constexpr duration check_interval = 50ms;

}  // namespace

control_election::control_election(entered_election& election, const election_options& options,
                                   std::shared_ptr<runtime::timers> timers)
    : election_(election),
      candidacy_(options.candidacy),
      default_ahead_(options.guarantee.value_or(default_guarantee)),
      timers_(std::move(timers)) {}

std::string control_election::guarantee_error(duration ahead) const {
  return sidecar::guarantee_error(ahead, candidacy_);
}

asio::awaitable<bool> control_election::is_leader(duration ahead) {
  term t = election_.handle().current();
  if (!t || election_.handle().standing() != standing::leading) co_return false;
  if (!t.guarantees(ahead) && !election_.giving_up()) {
    asio::cancellation_signal timeout;
    const cancel_timer limit(*timers_, timeout, timers_->now() + proof_timeout);
    auto executor = co_await asio::this_coro::executor;
    auto proving = t.prove();
    try {
      co_await asio::co_spawn(executor, std::move(proving),
                              asio::bind_cancellation_slot(timeout.slot(), asio::use_awaitable));
    } catch (const boost::system::system_error&) {
      // No proof in time: the check below decides.
    }
  }
  if (!leads_for(t, ahead)) co_return false;
  guaranteed_until_ = std::max(guaranteed_until_, timers_->now() + ahead);
  co_return true;
}

bool control_election::leads_for(const term& t, duration ahead) const {
  if (election_.handle().standing() != standing::leading || !t.guarantees(ahead)) return false;
  return !election_.giving_up() || timers_->now() + ahead < guaranteed_until_;
}

std::string control_election::unfinished() const {
  const time_point now = timers_->now();
  if (guaranteed_until_ <= now) return {};  // without a promise it is the least time point
  return "is-leader promised another " +
         apps::to_text(std::chrono::ceil<std::chrono::seconds>(guaranteed_until_ - now));
}

// The key is released after this returns. A lost term needs no delay: its successor waits for a
// span anyway.
asio::awaitable<void> control_election::lead(term t) {
  try {
    co_await runtime::sleep_until(*timers_, time_point::max());
  } catch (const boost::system::system_error&) {
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  while (t.reason() == end_reason::none && timers_->now() < guaranteed_until_) {
    const time_point at = std::min(guaranteed_until_, timers_->now() + check_interval);
    co_await runtime::sleep_until(*timers_, at);
  }
  guaranteed_until_ = time_point::min();
}

}  // namespace tenure::sidecar
