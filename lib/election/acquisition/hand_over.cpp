// How a key is handed over: the release after a term and the lock for the next holder are carried
// out together, as one operation of the lock queue.
//
// The group names the next holder when the transaction is made. If it names none, or if Consul
// refuses the lock for a reason that any other member would meet as well, the key is released. A
// hand-over whose answer was lost is made again under the same guard; if it had been carried out,
// the read that follows shows the new holder.
#include <utility>

#include "core/group/hand_over_rules.hpp"
#include "core/util/invariant.hpp"
#include "election/acquisition/outcome_counters.hpp"
#include "election/context.hpp"
#include "election/participant/observations.hpp"
#include "election/participant/participant.hpp"
#include "runtime/metering.hpp"

namespace tenure::impl {

void participant::prepare_hand_over(time_point now) {
  if (hand_over_ && hand_over_->inflight) return;
  hand_over_.reset();
  if (!seated() || fsm_.held_by().empty() || !core::may_hand_over(fsm_.lease())) return;
  hand_over_ = std::make_unique<hand_over>(fsm_.held_by(), fsm_.fence(), now);
}

const recipient* participant::next_holder(time_point now) {
  if (!seated() || plain_release_) return nullptr;
  if (!hand_over_ || hand_over_->done) {
    hand_over_ = std::make_unique<hand_over>(fsm_.held_by(), fsm_.fence(), now);
  }
  hand_over& h = *hand_over_;
  if (!h.to) h.to = profile_->group->recipient_of(seat_);
  if (!h.to || h.to->session == h.from) return nullptr;
  if (!std::exchange(h.inflight, true)) runtime::count(env(), metric::hand_overs_sent);
  return &*h.to;
}

void participant::hand_over_answered(const lock_outcome& outcome, time_point now) {
  const std::uint64_t random = env().random->next();
  core::must(hand_over_ && hand_over_->to && hand_over_->inflight,
             "the answer to a hand-over belongs to one that was sent",
             [this] { return describe(); });
  hand_over& h = *hand_over_;
  h.inflight = false;
  runtime::count(env(), hand_over_counter(outcome.what));
  switch (outcome.what) {
    case lock_outcome_kind::done:
      handed_over(outcome, now);
      break;
    case lock_outcome_kind::refused:
      hand_over_refused(outcome, now);
      break;
    case lock_outcome_kind::failed:
      // A request that Consul does not take as it is: a release is smaller.
      if (outcome.error == consul_errc::bad_request) plain_release_ = true;
      // Nothing has happened, and the next holder may be another by the time of the next request.
      if (!h.lost) h.to.reset();
      fsm_.release_failed(now, random);
      break;
    case lock_outcome_kind::unknown:
      h.lost = true;
      if (h.done) runtime::count(env(), metric::hand_overs_recovered);
      fsm_.release_failed(now, random);
      break;
  }
}

void participant::handed_over(const lock_outcome& outcome, time_point now) {
  const recipient& to = *hand_over_->to;
  if (!hand_over_->done) note_hand_over(now);
  const seen_holder before = holder();
  consul::kv_result as_written;
  as_written.entry = outcome.written;
  as_written.entry->session = to.session.text();
  as_written.entry->value = *to.value;
  fsm_.handed_over(observation_of_write(outcome.written, outcome, written_key{to.session}), now);
  note_holder(before);
  note_seen(as_written);
  // Its span counts if it dies: the answer is known already, or asked for.
  learn_of(as_written.entry->session);
}

void participant::hand_over_refused(const lock_outcome& outcome, time_point now) {
  // Consul may have carried out an earlier request, whose answer was lost.
  if (!outcome.by_next_holder || hand_over_->done) {
    fsm_.release_missed(now);
    review_hand_over(now);
    return;
  }
  const recipient refused = std::move(*hand_over_->to);
  hand_over_->to.reset();
  const log_field fields[] = {{"to", refused.name}, {"why", outcome.detail}};
  log_of(hand_over_->fence, log_level::debug, "hand-over refused", fields);
  if (outcome.why == consul::txn_failure::invalid_session) {
    profile_->group->recipient_gone(refused);
  } else {
    plain_release_ = true;  // a lock-delay, for instance: only a lock is refused
  }
  fsm_.release_again();
}

// By an answer, or by an observation that came before it or instead of it.
void participant::note_hand_over(time_point now) {
  core::must(!hand_over_->done && hand_over_->to && hand_over_->to->session != hand_over_->from,
             "a key is handed over once, to another session", [this] { return describe(); });
  hand_over_->done = true;
  runtime::record(env(), metric::hand_over_seconds, now - hand_over_->work_ended);
  const log_field fields[] = {{"to", hand_over_->to->name}};
  log_of(hand_over_->fence, log_level::info, "election handed over", fields);
  if (seated()) profile_->group->handed_over(seat_, *hand_over_->to);
  note_event();
}

void participant::review_hand_over(time_point now) {
  if (!hand_over_ || hand_over_->done || fsm_.history().held_by(hand_over_->from)) return;
  hand_over& h = *hand_over_;
  if (h.to && (h.inflight || h.lost) && fsm_.history().held_by(h.to->session)) {
    if (!h.inflight) runtime::count(env(), metric::hand_overs_recovered);
    note_hand_over(now);
  } else if (!h.inflight) {
    hand_over_.reset();
  }
}

const std::string& participant::handed_to() const noexcept {
  static const std::string none;
  return hand_over_ && hand_over_->done && hand_over_->to ? hand_over_->to->name : none;
}

}  // namespace tenure::impl
