// What a participant learns from the watch of its key and from its session.
#include <optional>
#include <utility>

#include "core/testing/seeded_bug.hpp"
#include "election/context.hpp"
#include "election/participant/observations.hpp"
#include "election/participant/participant.hpp"

namespace tenure::impl {

void participant::on_key_changed(const consul::kv_result& answer) {
  error_.clear();
  watch_refused_ = false;
  const seen_holder before = holder();
  const core::observation_order order =
      fsm_.observe(observation_of(answer), env().timers->now());
  if (order == core::observation_order::outdated) {
    log(log_level::debug, "outdated answer ignored");
    advance();
    return;
  }
  note_holder(before);
  if (answer.entry && !answer.entry->session.empty()) {
    const core::session_id& holder = fsm_.history().holder();
    if (holder != fsm_.session() && holder != fsm_.held_by()) {
      learn_of(answer.entry->session);
    }
  }
  note_seen(answer);
  advance();
}

// An old notice may have been written again. If the newest that was seen is the hold that its
// transaction required, then it is not known to be old, and the hand-over follows from it.
bool participant::on_notice(const consul::kv_result& answer, std::uint64_t guard) {
  const core::key_history& seen = fsm_.history();
  const core::session_id to(answer.entry->session);
  if (to != fsm_.session()) return false;
  const bool follows = seen.held() && seen.holder() != to && seen.modify_index() == guard;
  if (follows || core::bug_enabled(core::seeded_bug::trust_any_notice)) {
    on_key_changed(answer);
    return true;
  }
  if (answer.entry->modify_index > seen.modify_index()) {
    fsm_.want_read();
    advance();
  }
  return false;
}

/// The history has taken in the same answer just now.
void participant::note_seen(const consul::kv_result& answer) {
  const std::uint64_t index = answer.entry ? answer.entry->modify_index : 0;
  if (index != fsm_.history().modify_index()) return;  // it knows something newer
  // Held by the session of an earlier membership of this process: no participant releases it.
  const core::session_id& holder = fsm_.history().holder();
  if (answer.entry && !holder.empty() && holder != fsm_.session() && holder != fsm_.held_by() &&
      shared().unwanted.is_own(answer.entry->session)) {
    shared().unwanted.on_other_hold(*answer.entry);
  }
  last_seen_value now;
  if (answer.entry && !answer.entry->session.empty()) {
    now.fence = answer.entry->modify_index;
    if (answer.entry->value != how().value()) {
      now.value = std::make_unique<const std::string>(answer.entry->value);
    }
  }
  const bool news = !seen_any_ || seen_ != now;
  seen_any_ = true;
  seen_ = std::move(now);
  review_name();
  if (news) note_event();
}

/// The key as it was last read is the newest that the history knows.
void participant::review_name() {
  const core::session_id& holder = fsm_.history().holder();
  const bool ours = holder == fsm_.session() || holder == fsm_.held_by();
  const bool same_name = seen_.fence != 0 && !seen_.value;
  if (!same_name || ours || !counted_ || !shared().names.is_other(holder)) {
    end_name_conflict();
  } else if (!name_conflict_) {
    name_conflict_ = true;
    const log_field who[] = {{"election", key()}, {"value", how().value()}};
    shared().names.begin(name_conflicts::where::leader, holder, who);
  }
}

void participant::end_name_conflict() noexcept {
  if (name_conflict_) shared().names.end(name_conflicts::where::leader);
  name_conflict_ = false;
}

// The query may have been made before a campaign that waits now, and the watch reports an error
// once only. The campaign's own read decides whether it is refused.
void participant::on_watch_error(const error_code& why, const std::string& detail) {
  if (last_error() != why) {
    env().log->log(log_level::debug, "key watch failed",
                   {{"election", key()}, {"why", detail}});
  }
  error_.note(why, time_point::min(), detail);
  watch_refused_ = why == error_kind::fatal;
  if (campaigning_ && why == error_kind::fatal) {
    fsm_.want_read();
    advance();
  }
  changed_.notify_all();
}

void participant::learn_of(const std::string& session) {
  auto learn = [weak = weak(), session](const std::optional<holder_session>& says) {
    const auto p = weak.lock();
    if (p && says) p->learnt_of_holder(session, *says);
  };
  shared().spans.ask(session, std::move(learn));
}

void participant::learnt_of_holder(const std::string& session, const holder_session& says) {
  fsm_.holders_session(session, says.span, says.lock_delay);
  advance();
}

void participant::session_ready(const std::string& id) {
  error_.clear();
  const core::session_id session(id);
  shared().names.add_own(session);
  fsm_.session_ready(session);
  advance();
}

void participant::session_lost(const std::string& id) {
  fsm_.session_gone(id, env().timers->now());
  advance();
}

// Called only with a seeded bug: see session_user.
void participant::session_renewed(time_point sent_at) { proof_done(begin_proof(), sent_at); }

void participant::session_failed(const consul::answer_base& failed) {
  error_.note(failed);
  changed_.notify_all();
}

}  // namespace tenure::impl
