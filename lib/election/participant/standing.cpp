// Whether a participant stands, and what it shows of itself: its standing, its events, the leader
// that it saw last.
#include <boost/system/system_error.hpp>
#include <utility>

#include "election/context.hpp"
#include "election/participant/participant.hpp"
#include "election/sessions/consul_session.hpp"

namespace tenure::impl {

void participant::stand() {
  if (shared().shutting_down || left_) throw boost::system::system_error(errc::shut_down);
  standing_ = streamed_ = true;
  update_standing();
}

void participant::withdraw() {
  standing_ = false;
  update_standing();
}

std::string participant::session() const {
  return session_ ? session_->session->id() : std::string();
}

void participant::set_healthy(bool healthy) {
  if (healthy == healthy_ || left_) return;
  healthy_ = healthy;
  if (!healthy) fsm_.request_stop(end_reason::health_failed, env().timers->now());
  update_standing();
}

void participant::update_standing() {
  const bool wanted = healthy_ && !begins_no_term_ && (standing_ || campaigning_);
  if (wanted) {
    fsm_.stand();
  } else {
    fsm_.withdraw();
  }
  if (wanted) attach_session();
  advance();
  report_seat();
}

void participant::attach_session() {
  if (session_ || shared().shutting_down) return;
  session_ = profile_->group ? profile_->group->session() : shared().sessions.session_for(how());
  session_->attach(*this);
  const std::string& id = session_->session->id();
  shared().names.add_own(id);
  if (!id.empty()) fsm_.session_ready(id);
}

void participant::stop_term(end_reason why) {
  fsm_.request_stop(why, env().timers->now());
  advance();
}

void participant::leave() {
  plain_release_ = true;
  leave_with_group();
}

void participant::leave_with_group() {
  stop(end_reason::resigned);
  leave_work();
}

void participant::begin_no_term() {
  begins_no_term_ = true;
  update_standing();
}

void participant::stop(end_reason why) {
  left_ = true;
  standing_ = false;
  fsm_.withdraw();
  const time_point now = env().timers->now();
  fsm_.request_stop(why, now);
  advance();
  report_seat();
  changed_.notify_all();
}

// -- what it shows -------------------------------------------------------------------------------

void participant::note_event() {
  if (!streamed_) return;
  if (event_pending_) {
    ++missed_;
  } else {
    event_pending_ = true;
    shared().events.push(self());
  }
}

event participant::take_event() {
  event_pending_ = false;
  event what;
  what.key = key();
  what.standing = standing();
  what.term = current();
  what.reason = fsm_.lease().last_end();
  if (auto who = last_seen()) what.leader = std::move(*who);
  what.starts_at = fsm_.starts_at();
  what.hand_over_requested = hand_over_wanted();
  if (fsm_.stage() != core::stage::leading) what.handed_to = handed_to();
  what.missed = std::exchange(missed_, 0);
  return what;
}

std::optional<leader> participant::last_seen() const {
  if (!seen_any_) return std::nullopt;
  leader who;
  who.key = key();
  // Released by ourselves: free, though it was not read since.
  if (seen_.fence == 0 || !fsm_.history().held()) return who;
  who.session = fsm_.history().holder().text();
  who.value = seen_.value ? *seen_.value : how().value();
  who.fence = seen_.fence;
  return who;
}

tenure::standing participant::standing() const noexcept {
  switch (fsm_.stage()) {
    case core::stage::pending:
      return tenure::standing::pending;
    case core::stage::leading:
      return tenure::standing::leading;
    case core::stage::stopping:
      return tenure::standing::stopping;
    case core::stage::over:
      if (fsm_.working()) return tenure::standing::stopping;
      break;
    case core::stage::none:
      break;
  }
  return fsm_.stands() ? tenure::standing::candidate : tenure::standing::watching;
}

}  // namespace tenure::impl
