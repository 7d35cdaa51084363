#include "election/participant/participant.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/util/invariant.hpp"
#include "election/context.hpp"
#include "election/sessions/consul_session.hpp"
#include "runtime/metering.hpp"

namespace tenure::impl {

participant::participant(std::shared_ptr<const profile> how, std::string key)
    : term_host(*how->shared->env),
      runtime::timer([](runtime::timer& t) noexcept { static_cast<participant&>(t).advance(); }),
      profile_(std::move(how)),
      key_(std::move(key)),
      fsm_(profile_->rules) {
  name_in_assertions();
  fsm_.set_claims_wait(profile_->group != nullptr);
  runtime::change(env(), elections_with(told_standing_), 1);
}

// A candidate has no room for its key. It is part of its participant, which a failed assertion
// finds by where in it the candidate is.
void participant::name_in_assertions() noexcept {
  static const std::ptrdiff_t place =
      reinterpret_cast<const char*>(&fsm_) - reinterpret_cast<const char*>(this);
  core::candidate::name_by([](const core::candidate& c) {
    const char* whole = reinterpret_cast<const char*>(&c) - place;
    return std::string(reinterpret_cast<const participant*>(whole)->key());
  });
}

participant::~participant() {
  env().timers->disarm(*this);
  uncount();
  detach();
}

void participant::detach() noexcept {
  unwatch();
  leave_seat();
  if (session_) session_->detach(*this);
  session_.reset();
  // A proclaim may still wait for an answer. What the session wins from now on is not this
  // participant's.
  fsm_.session_ready({});
}

void participant::uncount() noexcept {
  end_name_conflict();
  if (counted_) runtime::change(env(), elections_with(told_standing_), -1);
  counted_ = false;
}

std::shared_ptr<participant> participant::self() {
  return std::static_pointer_cast<participant>(shared_from_this());
}

void participant::log(log_level level, std::string_view event, std::span<const log_field> more) {
  const bool began = fsm_.lease().began();
  log_of(term_ ? term_->fence : began ? fsm_.fence() : 0, level, event, more);
}

void participant::log_of(std::uint64_t fence, log_level level, std::string_view event,
                         std::span<const log_field> more) {
  if (!env().log->enabled(level)) return;
  const core::session_id& holder = term_ ? term_->session : fsm_.held_by();
  std::vector<log_field> fields = {{"election", key()}};
  if (fence != 0) fields.emplace_back("fence", fence);
  fields.emplace_back("session", (holder.empty() ? fsm_.session() : holder).text());
  if (fence != 0) {
    const end_reason why = fsm_.lease().reason();
    if (why != end_reason::none) fields.emplace_back("reason", to_string(why));
    fields.emplace_back("work", fsm_.working() ? "running" : "stopped");
  }
  fields.insert(fields.end(), more.begin(), more.end());
  env().log->log(level, event, fields);
}

std::string participant::describe() const {
  std::string text = "election " + key() + ", " + std::string(to_string(standing()));
  text += ", session " + fsm_.session().text() + ", held by " + fsm_.held_by().text();
  text += ", fence " + std::to_string(fsm_.fence()) + ", guard " + std::to_string(fsm_.guard());
  if (term_) text += ", term with fence " + std::to_string(term_->fence);
  if (fsm_.working()) text += ", working";
  if (fsm_.busy()) text += ", a request in flight";
  if (left_) text += ", left";
  if (hand_over_ && hand_over_->to) text += ", handed over to " + hand_over_->to->name;
  return text;
}

void participant::publish(time_point now) {
  core::must(fsm_.stage() != core::stage::leading ||
                 (term_ && term_->fence == fsm_.fence() &&
                  term_->reason.load(std::memory_order_relaxed) == end_reason::none),
             "a leader has a term with the fence of its lock", [this] { return describe(); });
  if (term_) {
    if (term_->reason.load(std::memory_order_relaxed) == end_reason::none) {
      publish_lease();
    } else if (!fsm_.working()) {
      term_.reset();
    }
  }
  if (standing() != told_standing_) {
    if (counted_) {
      runtime::change(env(), elections_with(told_standing_), -1);
      runtime::change(env(), elections_with(standing()), 1);
    }
    told_standing_ = standing();
    report_seat();
    note_event();
  }
  const time_point at = fsm_.wake_at(now);
  if (at == time_point::max()) {
    env().timers->disarm(*this);
  } else if (!armed() || deadline() != at) {
    // Each proof moves it, always near the end of the heap: cheaper than to let it fire early.
    env().timers->arm(*this, at);
  }
  if (session_ && fsm_.provable()) session_->proofs->due(proof_due());
  changed_.notify_all();
}

void participant::work_stopped() {
  const time_point now = env().timers->now();
  fsm_.work_stopped(now);
  prepare_hand_over(now);
  advance();
}

// -- proofs --------------------------------------------------------------------------------------

void participant::want_proof(time_point now) {
  fsm_.want_proof(now);
  if (session_) session_->proofs->due(proof_due());
}

std::uint64_t participant::begin_proof() noexcept {
  fsm_.proof_begun();
  return fsm_.guard();
}

void participant::proof_done(std::uint64_t guard, time_point sent_at) {
  fsm_.proof_ended(time_point::min());
  error_.clear();
  if (guard != fsm_.guard()) log(log_level::debug, "proof of an old guard ignored");
  fsm_.proved(guard, sent_at, env().timers->now());
  advance();
}

void participant::proof_missed(std::uint64_t guard, missed_with others) {
  const time_point now = env().timers->now();
  // Not again before the read that follows now shows what happened.
  fsm_.proof_ended(now + fsm_.rules().proof_interval() / 4);
  if (others == missed_with::few || fsm_.held_by().empty()) {
    fsm_.proof_failed(guard, now);
    advance();
    return;
  }
  // Of a dead session all keys have changed, which one answer shows. To read them one by one would
  // take seconds, in which no new session could be created.
  const std::string session = fsm_.held_by().text();
  shared().inquiry.ask(session, [weak = weak(), session, guard](std::optional<bool> alive) {
    if (const auto p = weak.lock()) p->read_unless_lost(session, guard, alive);
  });
  advance();
}

void participant::read_unless_lost(const std::string& session, std::uint64_t guard,
                                   std::optional<bool> alive) {
  if (alive == false && session_) session_->session->report_lost(session);
  fsm_.proof_failed(guard, env().timers->now());  // unless the lock is known to be lost
  advance();
}

void participant::proof_put_off(time_point until, const error_code& why, time_point asked) {
  fsm_.proof_ended(until);
  if (why) error_.note(why, asked);
  advance();
}

}  // namespace tenure::impl
