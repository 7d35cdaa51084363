// The requests that the state machine asks for: read, identify, claim, release.
#include <utility>
#include <vector>

#include "core/mutation.hpp"
#include "election/engine.hpp"
#include "election/record.hpp"
#include "election/session_keeper.hpp"
#include "election/sights.hpp"

namespace tenure::impl {
namespace {

core::claim_refusal why_refused(const consul::txn_done& answer) noexcept {
  // One reason decides: a dead session before the rest, then the lock-delay.
  auto why = core::claim_refusal::index_moved;
  for (const consul::txn_error& failure : answer.failures) {
    if (failure.kind == consul::txn_failure::invalid_session) {
      return core::claim_refusal::session_invalid;
    }
    if (failure.kind == consul::txn_failure::lock_delay) why = core::claim_refusal::lock_delay;
    if (failure.kind == consul::txn_failure::other) why = core::claim_refusal::failed;
  }
  return why;
}

}  // namespace

boost::asio::awaitable<void> record::do_read() {
  const auto e = engine_.lock();
  const consul::kv_found answer =
      co_await e->client().get(key_, consul::consistency::consistent);
  const time_point now = services_->timers->now();
  if (answer.error) {
    last_error_ = answer.error;
    fsm_.read_failed(now, services_->entropy->next());
  } else {
    fsm_.read_answered(sight_of(answer, true), now);
  }
  drive();
}

// By a renewal, whose 404 is sure: a token that may not read sessions is told of living ones, too,
// that there is no such session. A 200 is not sure, but here it decides the name of a reason only.
boost::asio::awaitable<void> record::do_identify(std::string session) {
  const auto e = engine_.lock();
  const time_point deadline = services_->timers->now() + core::identify_within;
  const consul::session_renewed answer = co_await e->client().renew_session(session, deadline);
  std::optional<bool> alive;
  if (!answer.error) alive = answer.alive;
  fsm_.identified(alive, services_->timers->now());
  drive();
  if (alive == false && keeper_) keeper_->gone(session);
}

boost::asio::awaitable<void> record::do_claim() {
  const auto e = engine_.lock();
  const core::claim_terms terms = fsm_.claiming();
  std::vector<consul::txn_op> ops;
  if (terms.missing) {
    ops.push_back(consul::txn_op::check_not_exists(key_));
  } else {
    ops.push_back(consul::txn_op::check_index(key_, terms.index));
  }
  ops.push_back(consul::txn_op::lock(key_, terms.session, how_.value(), consul::lock_flags));
  const time_point deadline = services_->timers->now() + e->request_timeout();
  const consul::txn_done answer = co_await e->client().write(std::move(ops), deadline);
  const time_point now = services_->timers->now();
  const std::uint64_t random = services_->entropy->next();
  const bool won = answer.committed && !answer.results.empty();
  if (won) {
    fsm_.claim_won(sight_of_write(answer, terms.session, false), now, random);
    if (fsm_.fence_too_low()) {
      log(log_level::error,
          "Consul's indexes have gone back (a new data directory?): no fence above the old ones; "
          "restart this process if that is meant");
    }
  } else if ((answer.error == consul_errc::outcome_unknown || answer.committed) &&
             !mutated(core::mutation::lost_reply_is_failure)) {
    last_error_ = answer.error;
    fsm_.claim_unknown(now, random);
  } else if (answer.error) {
    last_error_ = answer.error;
    fsm_.claim_lost(core::claim_refusal::failed, now, random);
  } else {
    const core::claim_refusal why = why_refused(answer);
    fsm_.claim_lost(why, now, random);
    if (why == core::claim_refusal::session_invalid) keeper_->gone(terms.session);
  }
  drive();
}

boost::asio::awaitable<void> record::do_release() {
  const auto e = engine_.lock();
  const time_point asked = services_->timers->now();
  const core::release_terms terms = fsm_.releasing(asked);
  // An empty value says: released after the work had stopped. Anything else makes successors wait.
  const std::string left = terms.clean ? std::string() : how_.value();
  std::vector<consul::txn_op> ops;
  if (!mutated(core::mutation::unguarded_unlock)) {
    ops.push_back(consul::txn_op::check_index(key_, terms.guard));
  }
  ops.push_back(consul::txn_op::unlock(key_, terms.session, left, consul::lock_flags));
  const consul::txn_done answer =
      co_await e->client().write(std::move(ops), asked + e->request_timeout());
  const time_point now = services_->timers->now();
  const std::uint64_t random = services_->entropy->next();
  if (answer.committed && !answer.results.empty()) {
    log(log_level::info, terms.clean ? "released" : "let go before the quarantine was over");
    fsm_.released(sight_of_write(answer, "", terms.clean), now, random);
  } else if (answer.error) {
    // Known or not: the same guarded request again does no harm.
    last_error_ = answer.error;
    fsm_.release_failed(now, random);
  } else {
    fsm_.release_missed(now);
  }
  drive();
}

}  // namespace tenure::impl
