#include "election/participant/participant.hpp"

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <utility>

#include "election/engine.hpp"
#include "election/sessions/consul_session.hpp"
#include "election/participant/observations.hpp"
#include "runtime/keep_alive.hpp"
#include "runtime/slab.hpp"

namespace tenure::impl {
participant::participant(std::shared_ptr<const profile> how, std::string key)
    : runtime::timer([](runtime::timer& t) noexcept { static_cast<participant&>(t).advance(); }),
      profile_(std::move(how)),
      key_(std::move(key)),
      fsm_(profile_->rules),
      changed_(*env().timers) {}

participant::~participant() {
  env().timers->disarm(*this);
  if (session_) session_->detach(*this);
}

std::shared_ptr<participant> participant::self() {
  return std::static_pointer_cast<participant>(shared_from_this());
}

const error_code& participant::last_error() const noexcept {
  static const error_code none;
  return last_error_ ? *last_error_ : none;
}

void participant::note_error(const error_code& why) {
  if (last_error() == why) return;
  last_error_ = why ? std::make_unique<const error_code>(why) : nullptr;
}

void participant::log(log_level level, std::string_view what) {
  if (!env().log->enabled(level)) return;
  env().log->log(level, what,
                      {{"election", key()},
                       {"fence", term_ ? term_->fence : fsm_.fence()},
                       {"session", fsm_.session().text()},
                       {"reason", to_string(fsm_.reason())}});
}

// -- driving the state machine -------------------------------------------------------------------

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
  // By the very instant at which there was nothing to do: a deadline after it is still to come.
  publish(now);
}

void participant::execute(core::action action) {
  const auto e = home();
  if (!e) return;
  switch (action) {
    case core::action::wait:
      break;
    case core::action::read:
      e->tasks().spawn(runtime::keep_alive(do_read(), self(), e));
      break;
    case core::action::identify:
      e->tasks().spawn(
          runtime::keep_alive(do_identify(fsm_.held_by().text()), self(), e));
      break;
    case core::action::claim:
      set_claim_inflight(true);
      e->locks().add(self(), lock_op::kind::acquire);
      break;
    case core::action::release:
      set_claim_inflight(true);
      e->locks().add(self(), lock_op::kind::release);
      break;
    case core::action::begin:
      begin_term();
      break;
    case core::action::stop:
      tell_stop();
      break;
    case core::action::end:
      end_term();
      break;
  }
}

void participant::begin_term() {
  term_ = runtime::make_in_slab<term_state>(key_, fsm_.held_by(), fsm_.fence(), env().clock,
                                            self());
  term_->open(fsm_.lease_end(), fsm_.stop_at());
  last_reason_ = end_reason::none;
  log(log_level::info, "leading");
  note_event();
}

void participant::tell_stop() {
  log(log_level::info, "the work has to stop");
  term_->stop_told = true;
  body_.stop();
  note_event();
}

void participant::end_term() {
  term_->close();
  term_->reason.store(fsm_.reason(), std::memory_order_release);
  last_reason_ = fsm_.reason();
  term_->stop_told = true;
  log(last_reason_ == end_reason::resigned || last_reason_ == end_reason::shut_down
          ? log_level::info
          : log_level::warn,
      fsm_.working() ? "the term is over, and its work still runs" : "the term is over");
  note_event();
}

void participant::publish(time_point now) {
  if (term_) {
    if (term_->reason.load(std::memory_order_relaxed) == end_reason::none) {
      term_->open(fsm_.lease_end(), fsm_.stop_at());
    } else if (!fsm_.working()) {
      term_.reset();
    }
  }
  if (standing() != told_standing_) {
    told_standing_ = standing();
    note_event();
  }
  const time_point at = fsm_.wake_at(now);
  if (at == time_point::max()) {
    env().timers->disarm(*this);
  } else if (!armed() || deadline() != at) {
    // Each proof moves it on, from among the last to the last: cheaper than to let it fire early.
    env().timers->arm(*this, at);
  }
  if (session_ && fsm_.provable()) session_->proof_due(proof_due());
  changed_.notify_all();
}

void participant::note_event() {
  const auto e = home();
  if (!e || !streamed_) return;
  if (event_pending) ++missed_;
  e->note_event(self());
}

event participant::take_event() {
  event what;
  what.key = key();
  what.standing = standing();
  what.term = current();
  what.reason = last_reason_;
  if (auto who = last_seen()) what.leader = std::move(*who);
  what.starts_at = fsm_.starts_at();
  what.missed = std::exchange(missed_, 0);
  return what;
}

std::optional<leader> participant::last_seen() const {
  if (!seen_any_) return std::nullopt;
  leader who;
  who.key = key();
  // Released by ourselves, it is nobody's, though it was not read since.
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

// -- what the watch and the session tell ---------------------------------------------------------

void participant::on_key_changed(const consul::kv_result& answer) {
  note_error({});
  const core::observation_order verdict = fsm_.observe(observation_of(answer, false), env().timers->now());
  if (verdict == core::observation_order::outdated) {
    log(log_level::debug, "an answer that is older than what is known");
    advance();
    return;
  }
  if (answer.entry && !answer.entry->session.empty()) {
    const core::session_id& holder = fsm_.history().holder();
    if (holder != fsm_.session() && holder != fsm_.held_by()) {
      learn_span_of(answer.entry->session);
    }
  }
  note_seen(answer);
  advance();
}

/// What the history has just been told of.
void participant::note_seen(const consul::kv_result& answer) {
  const std::uint64_t index = answer.entry ? answer.entry->modify_index : 0;
  if (index != fsm_.history().modify_index()) return;  // it knows better
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
  if (news) note_event();
}

void participant::on_watch_error(const error_code& why, const std::string& detail) {
  if (last_error() != why) {
    env().log->log(log_level::debug, "the key cannot be watched",
                        {{"election", key()}, {"why", detail}});
  }
  note_error(why);
  changed_.notify_all();
}

void participant::learn_span_of(const std::string& session) {
  const auto e = home();
  if (e) e->ask_span(session, self());
}

void participant::holders_span(duration span) {
  fsm_.holders_span(span);
  advance();
}

void participant::session_ready(const std::string& id) {
  note_error({});
  fsm_.session_ready(id);
  advance();
}

void participant::session_gone(const std::string& id) {
  fsm_.session_gone(id, env().timers->now());
  advance();
}

void participant::session_trouble(const error_code& why) {
  note_error(why);
  changed_.notify_all();
}

// -- proofs --------------------------------------------------------------------------------------

time_point participant::proof_due() const noexcept {
  if (!fsm_.provable() || proving_) return time_point::max();
  const time_point regular = fsm_.proven_at() + fsm_.rules().proof_interval();
  const time_point next = proof_wanted() ? std::min(regular, term_->proof_wanted) : regular;
  return std::max(next, proof_not_before_);
}

bool participant::proof_wanted() const noexcept {
  return term_ && term_->proof_wanted > fsm_.proven_at();
}

bool participant::proof_worthwhile(time_point now) const noexcept {
  return fsm_.provable() && !proving_ && now >= proof_not_before_ &&
         (fsm_.proven_at() + fsm_.rules().proof_interval() / 2 <= now || proof_wanted());
}

std::uint64_t participant::begin_proof() noexcept {
  proving_ = true;
  return fsm_.guard();
}

void participant::proof_done(std::uint64_t guard, time_point sent_at) {
  proving_ = false;
  proof_not_before_ = time_point::min();
  note_error({});
  if (guard != fsm_.guard()) log(log_level::debug, "a proof of what is not held any more");
  fsm_.proved(guard, sent_at, env().timers->now());
  advance();
}

void participant::proof_missed(std::uint64_t guard) {
  proving_ = false;
  const time_point now = env().timers->now();
  // Not again before the read that now follows has told what happened.
  proof_not_before_ = now + fsm_.rules().proof_interval() / 4;
  fsm_.proof_failed(guard, now);
  advance();
}

void participant::proof_put_off(time_point until, const error_code& why) {
  proving_ = false;
  proof_not_before_ = until;
  if (why) note_error(why);
  advance();
}

// -- standing ------------------------------------------------------------------------------------

void participant::stand(bool wanted) {
  const auto e = home();
  if (wanted && (!e || e->stopping() || left_)) throw boost::system::system_error(errc::shut_down);
  standing_ = wanted;
  streamed_ = streamed_ || wanted;
  update_standing();
}

std::string participant::session() const { return session_ ? session_->id() : std::string(); }

void participant::set_healthy(bool healthy) {
  if (healthy == healthy_ || left_) return;
  healthy_ = healthy;
  if (!healthy) fsm_.request_stop(end_reason::health_failed, env().timers->now());
  update_standing();
}

void participant::update_standing() {
  const bool wanted = healthy_ && (standing_ || campaigning_);
  fsm_.stand(wanted);
  const auto e = home();
  if (wanted && !session_ && e && !e->stopping()) {
    session_ = e->session_for(how());
    session_->attach(*this);
    if (!session_->id().empty()) fsm_.session_ready(session_->id());
  }
  advance();
}

void participant::leave() {
  stop(end_reason::resigned);
  if (!body_.at_work() && fsm_.working()) {
    fsm_.work_stopped(env().timers->now());
    advance();
  }
}

void participant::stop(end_reason why) {
  left_ = true;
  standing_ = false;
  fsm_.stand(false);
  const time_point now = env().timers->now();
  fsm_.request_stop(why, now);
  advance();
  changed_.notify_all();
}

}  // namespace tenure::impl
