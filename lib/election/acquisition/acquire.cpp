// How an election acquires its key, with retries and backoff, and how it releases it.
//
// advance() asks the state machine for the next action and executes it, again and again until the
// answer is `wait`. A claim goes through the lock queue; its outcome (done, refused, failed or
// unknown) goes back into the state machine, which answers `claim` again when the pause is over.
// Pauses double from try to try and have jitter (the fixed_backoff members of core::candidate); the
// participant's timer ends them by calling advance(). A claim whose reply was lost is followed by a
// linearizable read, and made again under the same guard until an answer decides.
#include <algorithm>
#include <utility>

#include "core/testing/seeded_bug.hpp"
#include "election/acquisition/outcome_counters.hpp"
#include "election/context.hpp"
#include "election/participant/observations.hpp"
#include "election/participant/participant.hpp"
#include "election/sessions/consul_session.hpp"
#include "runtime/keep_alive.hpp"
#include "runtime/metering.hpp"

namespace tenure::impl {
namespace {

core::claim_refusal refusal(consul::txn_failure why) noexcept {
  switch (why) {
    case consul::txn_failure::invalid_session:
      return core::claim_refusal::session_invalid;
    case consul::txn_failure::lock_delay:
      return core::claim_refusal::lock_delay;
    case consul::txn_failure::other:
      return core::claim_refusal::failed;
    default:
      return core::claim_refusal::index_moved;
  }
}

}  // namespace

// -- the loop ------------------------------------------------------------------------------------

void participant::advance() {
  if (advancing_) {
    advance_again_ = true;
    return;
  }
  advancing_ = true;
  time_point now;
  do {
    advance_again_ = false;
    core::action action = core::action::wait;
    do {
      now = env().timers->now();
      action = fsm_.next(now);
      execute(action);
    } while (action != core::action::wait);
  } while (advance_again_);
  advancing_ = false;
  const bool session_soon = session_ && session_->session->creating();
  expect_lock_op(lock_op_inflight_ || (session_soon && fsm_.awaits_session()));
  // With the instant at which there was nothing to do: any deadline after it is still to come.
  publish(now);
}

void participant::execute(core::action action) {
  switch (action) {
    case core::action::wait:
      break;
    case core::action::read:
      shared().tasks.spawn(runtime::keep_alive(do_read(), self()));
      break;
    case core::action::identify:
      identify(fsm_.held_by().text());
      break;
    case core::action::claim:
      runtime::count(env(), metric::claims);
      lock_op_inflight_ = true;
      shared().locks->add(self(), lock_op::kind::acquire);
      break;
    case core::action::release:
      lock_op_inflight_ = true;
      shared().locks->add(self(), lock_op::kind::release);
      break;
    case core::action::place:
      lock_op_inflight_ = true;
      shared().locks->add(self(), lock_op::kind::place);
      break;
    case core::action::clear:
      lock_op_inflight_ = true;
      shared().locks->add(self(), lock_op::kind::clear);
      break;
    case core::action::begin:
      begin();
      break;
    case core::action::stop:
      stop_work();
      note_event();
      break;
    case core::action::end:
      end_term();
      note_event();
      break;
  }
}

void participant::begin() {
  hand_over_.reset();
  plain_release_ = false;
  begin_term(key_, fsm_.held_by(), fsm_.fence());
  if (fsm_.received()) {
    runtime::count(env(), metric::terms_begun_by_hand_over);
    const log_field by[] = {{"by", "hand-over"}};
    log(log_level::info, "term began", by);
  } else {
    log(log_level::info, "term began");
  }
  note_event();
}

// -- single requests -----------------------------------------------------------------------------

// Many claims may fail together, and their reads must not delay the next claims.
boost::asio::awaitable<void> participant::do_read() {
  const std::shared_ptr<request_turns> reads = shared().connections->reads;
  co_await reads->take(time_point::max());
  const request_turns::turn mine(reads);
  const consul::kv_result answer =
      co_await shared().client.get(key(), consul::consistency::consistent);
  const time_point now = env().timers->now();
  if (answer.error) {
    error_.note(answer);
    fsm_.read_failed(now, env().random->next());
  } else {
    invalidate();
    const bool held = !fsm_.held_by().empty();
    const seen_holder before = holder();
    fsm_.read_answered(observation_of(answer), now);
    note_holder(before);
    note_seen(answer);
    if (!held && !fsm_.held_by().empty() && !fsm_.received()) {
      runtime::count(env(), metric::claims_recovered);
      record_quarantine(now);
      log(log_level::debug, "claim with a lost reply found carried out");
    }
  }
  advance();
  if (!answer.error) shared().watches.share(key(), answer);
}

void participant::identify(const std::string& session) {
  shared().inquiry.ask(session, [weak = weak(), session](std::optional<bool> alive) {
    if (const auto p = weak.lock()) p->identified(session, alive);
  });
}

void participant::identified(const std::string& session, std::optional<bool> alive) {
  fsm_.identified(alive, env().timers->now());
  advance();
  if (alive == false && session_) session_->session->report_lost(session);
}

// -- acquisitions and releases -------------------------------------------------------------------

std::optional<lock_op> participant::make_lock_op(lock_op::kind what) {
  if (what == lock_op::kind::acquire) {
    const core::claim_request wanted = fsm_.next_claim();
    lock_op c(what, consul::txn_op::lock(key(), wanted.session.text(), how().value(),
                                         consul::lock_flags));
    c.guard = wanted.missing ? consul::txn_op::check_not_exists(key())
                            : consul::txn_op::check_index(key(), wanted.index);
    return c;
  }
  if (what != lock_op::kind::release) return make_placeholder_op(what);
  if (fsm_.held_by().empty()) return std::nullopt;
  const time_point now = env().timers->now();
  const core::release_request wanted = fsm_.next_release(now);
  // An empty value means: released after the work had stopped. Any other makes successors wait.
  const std::string left = wanted.clean ? std::string() : how().value();
  lock_op c(what, consul::txn_op::unlock(key(), wanted.session.text(), left, consul::lock_flags));
  c.clean = wanted.clean;
  if (fsm_.lease().began()) c.fence = fsm_.fence();
  if (!bug_enabled(core::seeded_bug::unguarded_unlock)) {
    c.guard = consul::txn_op::check_index(key(), wanted.guard);
  }
  if (const recipient* to = wanted.may_hand_over ? next_holder(now) : nullptr) {
    c.then =
        consul::txn_op::lock(key(), to->session.text(), *to->value, consul::lock_flags);
    if (!bug_enabled(core::seeded_bug::hand_over_to_any_session)) c.member_key = to->member_key;
    if (!to->notices.empty()) {
      c.note = hand_over_note{.prefix = to->notices,
                              .create_index = fsm_.history().create_index(),
                              .lock_index = fsm_.lock_index() + 1};
    }
  }
  return c;
}

void participant::lock_op_done(const lock_op& which, const lock_outcome& outcome) {
  const time_point now = env().timers->now();
  lock_op_inflight_ = false;
  if (outcome.what == lock_outcome_kind::done) {
    invalidate();
    error_.clear();
  }
  if (outcome.error) error_.note(outcome);
  switch (which.what) {
    case lock_op::kind::acquire:
      acquire_done(which, outcome, now);
      break;
    case lock_op::kind::release:
      release_done(which, outcome, now);
      break;
    case lock_op::kind::place:
      place_done(outcome, now);
      break;
    case lock_op::kind::clear:
      clear_done(outcome, now);
      break;
  }
  advance();
}

void participant::acquire_done(const lock_op& which, const lock_outcome& outcome, time_point now) {
  const std::uint64_t random = env().random->next();
  const seen_holder before = holder();
  const bool answered = outcome.what == lock_outcome_kind::done ||
                        outcome.what == lock_outcome_kind::refused;
  runtime::count(env(), claim_counter(outcome));
  if (answered) {
    runtime::record(env(), metric::claim_seconds, outcome.received_at - outcome.sent_at);
  }
  switch (outcome.what) {
    case lock_outcome_kind::done:
      release_refused_ = false;
      fsm_.claim_won(
          observation_of_write(outcome.written, outcome, written_key{which.act.session}), now,
          random);
      note_holder(before);
      record_quarantine(now);
      if (fsm_.fence_too_low()) {
        log(log_level::error,
            "Consul's indexes went back (a new data directory?): this process does not lead before "
            "they exceed the old ones; if Consul was reset on purpose, restart this process");
      }
      break;
    case lock_outcome_kind::unknown:
      if (bug_enabled(core::seeded_bug::lost_reply_is_failure)) {
        fsm_.claim_refused(core::claim_refusal::failed, now, random);
      } else {
        fsm_.claim_unknown(now, random);
      }
      break;
    case lock_outcome_kind::failed:
      fsm_.claim_refused(core::claim_refusal::failed, now, random);
      break;
    case lock_outcome_kind::refused:
      fsm_.claim_refused(refusal(outcome.why), now, random);
      if (outcome.why == consul::txn_failure::invalid_session) {
        session_->session->report_lost(which.act.session);
      }
      break;
  }
}

/// How long the key that was acquired just now is ours without a term.
void participant::record_quarantine(time_point now) const noexcept {
  if (fsm_.stage() != core::stage::pending) return;
  const time_point begin = std::max(fsm_.starts_at(), now);
  runtime::record(env(), metric::quarantine_seconds, begin - now);
}

void participant::release_done(const lock_op& which, const lock_outcome& outcome, time_point now) {
  release_refused_ = outcome.error == consul_errc::forbidden;
  if (release_refused_) changed_.notify_all();
  if (which.hands_over()) return hand_over_answered(outcome, now);
  const std::uint64_t random = env().random->next();
  const seen_holder before = holder();
  runtime::count(env(), release_counter(outcome));
  switch (outcome.what) {
    case lock_outcome_kind::done:
      log_of(which.fence, log_level::info,
             which.clean ? "released"
             : fsm_.starts_at() == time_point::max()
                 ? "released a key that a late claim had acquired"
                 : "released within quarantine",
             {});
      fsm_.released(observation_of_write(outcome.written, outcome, written_key{"", which.clean}),
                    now, random);
      note_holder(before);
      break;
    case lock_outcome_kind::refused:
      fsm_.release_missed(now);
      break;
    case lock_outcome_kind::failed:
    case lock_outcome_kind::unknown:
      // Known or not: the same guarded request again does no harm.
      fsm_.release_failed(now, random);
      break;
  }
}

}  // namespace tenure::impl
