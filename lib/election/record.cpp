#include "election/record.hpp"

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <utility>

#include "election/engine.hpp"
#include "election/session_keeper.hpp"
#include "election/sights.hpp"
#include "runtime/keeping.hpp"
#include "runtime/slab.hpp"

namespace tenure::impl {
record::record(std::shared_ptr<const stance> how, std::string key)
    : runtime::timer([](runtime::timer& t) noexcept { static_cast<record&>(t).drive(); }),
      stance_(std::move(how)),
      key_(std::move(key)),
      fsm_(stance_->rules),
      changed_(services().executor, *services().timers) {}

record::~record() {
  services().timers->disarm(*this);
  if (keeper_) keeper_->detach(*this);
}

std::shared_ptr<record> record::self() {
  return std::static_pointer_cast<record>(shared_from_this());
}

const error_code& record::last_error() const noexcept {
  static const error_code none;
  return last_error_ ? *last_error_ : none;
}

void record::note_error(const error_code& why) {
  if (last_error() == why) return;
  last_error_ = why ? std::make_unique<const error_code>(why) : nullptr;
}

void record::log(log_level level, std::string_view what) {
  if (!services().log->enabled(level)) return;
  services().log->log(level, what,
                      {{"election", key()},
                       {"fence", term_ ? term_->fence : fsm_.fence()},
                       {"session", fsm_.session().text()},
                       {"reason", to_string(fsm_.reason())}});
}

// -- driving the state machine -------------------------------------------------------------------

void record::drive() {
  if (driving_) {
    drive_again_ = true;
    return;
  }
  driving_ = true;
  time_point now;
  do {
    drive_again_ = false;
    core::step step = core::step::wait;
    do {
      now = services().timers->now();
      step = fsm_.next(now);
      obey(step);
    } while (step != core::step::wait);
  } while (drive_again_);
  driving_ = false;
  // By the very instant at which there was nothing to do: a deadline after it is still to come.
  publish(now);
}

void record::obey(core::step step) {
  const auto e = home();
  if (!e) return;
  switch (step) {
    case core::step::wait:
      break;
    case core::step::read:
      e->tasks().spawn(runtime::keeping(do_read(), self(), e));
      break;
    case core::step::identify:
      e->tasks().spawn(
          runtime::keeping(do_identify(fsm_.held_by().text()), self(), e));
      break;
    case core::step::claim:
      claiming(true);
      e->claims().add(self(), claim::kind::acquire);
      break;
    case core::step::release:
      claiming(true);
      e->claims().add(self(), claim::kind::release);
      break;
    case core::step::begin:
      begin_term();
      break;
    case core::step::stop:
      tell_stop();
      break;
    case core::step::end:
      end_term();
      break;
  }
}

void record::begin_term() {
  term_ = runtime::make_in_slab<term_state>(key_, fsm_.held_by(), fsm_.fence(), services().clock,
                                            self());
  term_->open(fsm_.lease_end(), fsm_.stop_at());
  last_reason_ = end_reason::none;
  log(log_level::info, "leading");
  note_event();
}

void record::tell_stop() {
  log(log_level::info, "the work has to stop");
  term_->stop_told = true;
  body_.stop();
  note_event();
}

void record::end_term() {
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

void record::publish(time_point now) {
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
    services().timers->disarm(*this);
  } else if (!armed() || deadline() != at) {
    // Each proof moves it on, from among the last to the last: cheaper than to let it fire early.
    services().timers->arm(*this, at);
  }
  if (keeper_ && fsm_.provable()) keeper_->proof_due(proof_due());
  changed_.notify_all();
}

void record::note_event() {
  const auto e = home();
  if (!e || !streamed_) return;
  if (event_pending) ++missed_;
  e->note_event(self());
}

event record::take_event() {
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

std::optional<leader> record::last_seen() const {
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

tenure::standing record::standing() const noexcept {
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

void record::key_seen(const consul::kv_found& answer) {
  note_error({});
  const core::sight_verdict verdict = fsm_.saw(sight_of(answer, false), services().timers->now());
  if (verdict == core::sight_verdict::outdated) {
    log(log_level::debug, "an answer that is older than what is known");
    drive();
    return;
  }
  if (answer.entry && !answer.entry->session.empty()) {
    const core::session_id& holder = fsm_.history().holder();
    if (holder != fsm_.session() && holder != fsm_.held_by()) {
      learn_span_of(answer.entry->session);
    }
  }
  note_seen(answer);
  drive();
}

/// What the history has just been told of.
void record::note_seen(const consul::kv_found& answer) {
  const std::uint64_t index = answer.entry ? answer.entry->modify_index : 0;
  if (index != fsm_.history().modify_index()) return;  // it knows better
  sighting now;
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

void record::key_unseen(const error_code& why, const std::string& detail) {
  if (last_error() != why) {
    services().log->log(log_level::debug, "the key cannot be watched",
                        {{"election", key()}, {"why", detail}});
  }
  note_error(why);
  changed_.notify_all();
}

void record::learn_span_of(const std::string& session) {
  const auto e = home();
  if (e) e->ask_span(session, self());
}

void record::holders_span(duration span) {
  fsm_.holders_span(span);
  drive();
}

void record::session_ready(const std::string& id) {
  note_error({});
  fsm_.session_ready(id);
  drive();
}

void record::session_gone(const std::string& id) {
  fsm_.session_gone(id, services().timers->now());
  drive();
}

void record::session_trouble(const error_code& why) {
  note_error(why);
  changed_.notify_all();
}

// -- proofs --------------------------------------------------------------------------------------

time_point record::proof_due() const noexcept {
  if (!fsm_.provable() || proving_) return time_point::max();
  const time_point regular = fsm_.proven_at() + fsm_.rules().proof_interval();
  const time_point next = proof_wanted() ? std::min(regular, term_->proof_wanted) : regular;
  return std::max(next, proof_not_before_);
}

bool record::proof_wanted() const noexcept {
  return term_ && term_->proof_wanted > fsm_.proven_at();
}

bool record::proof_worthwhile(time_point now) const noexcept {
  return fsm_.provable() && !proving_ && now >= proof_not_before_ &&
         (fsm_.proven_at() + fsm_.rules().proof_interval() / 2 <= now || proof_wanted());
}

std::uint64_t record::begin_proof() noexcept {
  proving_ = true;
  return fsm_.guard();
}

void record::proof_done(std::uint64_t guard, time_point sent_at) {
  proving_ = false;
  proof_not_before_ = time_point::min();
  note_error({});
  if (guard != fsm_.guard()) log(log_level::debug, "a proof of what is not held any more");
  fsm_.proved(guard, sent_at, services().timers->now());
  drive();
}

void record::proof_missed(std::uint64_t guard) {
  proving_ = false;
  const time_point now = services().timers->now();
  // Not again before the read that now follows has told what happened.
  proof_not_before_ = now + fsm_.rules().proof_interval() / 4;
  fsm_.proof_failed(guard, now);
  drive();
}

void record::proof_put_off(time_point until, const error_code& why) {
  proving_ = false;
  proof_not_before_ = until;
  if (why) note_error(why);
  drive();
}

// -- standing ------------------------------------------------------------------------------------

void record::stand(bool wanted) {
  const auto e = home();
  if (wanted && (!e || e->stopping() || left_)) throw boost::system::system_error(errc::shut_down);
  standing_ = wanted;
  streamed_ = streamed_ || wanted;
  update_standing();
}

std::string record::session() const { return keeper_ ? keeper_->id() : std::string(); }

void record::set_healthy(bool healthy) {
  if (healthy == healthy_ || left_) return;
  healthy_ = healthy;
  if (!healthy) fsm_.request_stop(end_reason::health_failed, services().timers->now());
  update_standing();
}

void record::update_standing() {
  const bool wanted = healthy_ && (standing_ || campaigning_);
  fsm_.stand(wanted);
  const auto e = home();
  if (wanted && !keeper_ && e && !e->stopping()) {
    keeper_ = e->keeper_for(how());
    keeper_->attach(*this);
    if (!keeper_->id().empty()) fsm_.session_ready(keeper_->id());
  }
  drive();
}

void record::leave() {
  stop(end_reason::resigned);
  if (!body_.at_work() && fsm_.working()) {
    fsm_.work_stopped(services().timers->now());
    drive();
  }
}

void record::stop(end_reason why) {
  left_ = true;
  standing_ = false;
  fsm_.stand(false);
  const time_point now = services().timers->now();
  fsm_.request_stop(why, now);
  drive();
  changed_.notify_all();
}

}  // namespace tenure::impl
