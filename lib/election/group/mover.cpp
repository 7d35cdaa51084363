#include "election/group/mover.hpp"

#include <algorithm>
#include <utility>

#include "election/participant/participant.hpp"

namespace tenure::impl {
namespace {

using namespace std::chrono_literals;

// An election whose body did not return stays, and the plan moves others. The same holds for an
// election that its recipient released soon: that member does not stand in it.
constexpr duration declined_for = 5min;
constexpr duration given_back_within = 2s;

// A recipient that hands the election back does not know yet what this member knows, or the other
// way round: one has read the end of a drain and the other has not. That ends soon, and until then
// the two would hand the election to and fro, also while one of them is drained.
constexpr duration returned_for = 5s;

// A key that waits for its transaction has no leader: so the mover asks no more bodies at a time
// than a few transactions hand over.
constexpr std::size_t most_urgent = 60;
constexpr duration urgent_pause = 20ms;

}  // namespace

mover::mover(std::shared_ptr<const runtime::environment> env, std::string group,
             const membership& how, group_planner& planner)
    : env_(std::move(env)),
      group_(std::move(group)),
      limit_(how.hand_over_limit()),
      drain_limit_(how.drain_limit()),
      planner_(planner),
      pace_(how.moves_per_second()) {}

void mover::log(std::string_view event, const participant& who) {
  std::vector<log_field> fields{{"group", group_}, {"election", who.key()}};
  if (const term running = who.current()) fields.emplace_back("fence", running.fence());
  env_->log->log(log_level::info, event, fields);
}

// -- what the participants report ----------------------------------------------------------------

void mover::holder_changed(std::uint32_t seat, const core::session_id& holder, time_point now) {
  participant& who = planner_.at(seat);
  if (holder != planner_.session()) asked_.erase(who);
  seat_changed(seat);
  if (given_.empty()) return;
  while (given_.take_passed(now) != nullptr) {}
  if (!given_.contains(who)) return;
  if (holder.empty() && who.history().clean()) {
    given_.erase(who);
    decline(who, now, "hand-over given back");
  } else if (!holder.empty() && holder == planner_.session()) {
    given_.erase(who);
    log("hand-over returned", who);
    returned_.set(who, now + returned_for);
    seat_changed(seat);
  }
}

void mover::seat_changed(std::uint32_t seat) {
  participant& who = planner_.at(seat);
  const bool cannot = who.stage() == core::stage::pending || declined_.contains(who) ||
                      returned_.contains(who);
  // Only of an election that we hold: others do not know of it, and plan all the rest as we do.
  const bool ours = who.history().held_by(planner_.session());
  planner_.set_stays(seat, cannot && ours);
  planner_.set_given(seat, ours ? how_far(who) : core::giving::none);
}

core::giving mover::how_far(participant& who) const {
  const core::stage now = who.stage();
  if (now == core::stage::stopping || now == core::stage::over) return core::giving::stopped;
  return asked_.contains(who) ? core::giving::asked : core::giving::none;
}

void mover::handed_over(std::uint32_t seat, const recipient&, time_point now) {
  participant& who = planner_.at(seat);
  asked_.erase(who);
  given_.set(who, now + given_back_within);
}

void mover::forget(participant& who) {
  asked_.erase(who);
  declined_.erase(who);
  returned_.erase(who);
  given_.erase(who);
  window_.forget(who);
}

void mover::decline(participant& who, time_point now, std::string_view event) {
  log(event, who);
  declined_.set(who, now + declined_for);
  seat_changed(who.seat());
}

// -- asking bodies -------------------------------------------------------------------------------

void mover::review(time_point now) {
  while (participant* const who = asked_.take_passed(now)) {
    if (!who->hand_over_wanted()) continue;  // its body has returned
    if (stop_asked_at_ && !planner_.may_lead()) {
      log("hand-over not answered, term stopped", *who);
      who->stop_term(end_reason::handed_over);
      window_.stopped(*who, now);
      continue;
    }
    who->withdraw_hand_over();
    decline(*who, now, "hand-over not answered");
  }
  for (deadline_list* const kept : {&declined_, &returned_}) {
    while (participant* const who = kept->take_passed(now)) seat_changed(who->seat());
  }
  while (given_.take_passed(now) != nullptr) {}
  // A member that must not lead gives up all, also what it declined to move by choice.
  if (!planner_.may_lead()) forget_declined([](const participant&) { return true; });
}

void mover::pinned(const std::map<std::string, std::string>& before,
                   const std::map<std::string, std::string>& now) {
  forget_declined([&](const participant& who) {
    const auto pin = now.find(who.key());
    const auto old = before.find(who.key());
    return pin != now.end() && (old == before.end() || old->second != pin->second);
  });
}

void mover::forget_declined(const std::function<bool(const participant&)>& which) {
  std::vector<participant*> found;
  declined_.for_each([&](participant& who) {
    if (which(who)) found.push_back(&who);
  });
  for (participant* const who : found) {
    declined_.erase(*who);
    seat_changed(who->seat());
  }
}

time_point mover::run(const core::own_part& part, time_point now) {
  if (std::exchange(plan_seen_, planner_.plans()) != planner_.plans()) withdraw_all_but(part);
  if (planner_.leaving()) return next();  // all of its bodies have been stopped
  if (!planner_.may_lead() && drain_limit_) return ask_all(part, now);
  if (!planner_.may_lead()) return std::min(next(), stop_all(part, now));
  if (std::exchange(stop_asked_at_, std::nullopt)) set_deadlines(now + limit_);
  bool wanted = false;
  seats ready;
  seats urgent;
  std::size_t over = planner_.over_capacity();
  for (const core::own_part::hand_over& move : part.hand_overs) {
    const bool now_too_many = over > 0;
    if (now_too_many) --over;
    if (!now_too_many && !planner_.same_elections(move.to)) continue;
    if (!now_too_many) wanted = true;
    participant& who = planner_.at(move.key);
    if (asked_.contains(who) || !who.can_hand_over()) continue;
    (now_too_many ? urgent : ready).push_back(move.key);
  }
  for (const std::uint32_t seat : part.releases) {
    participant& who = planner_.at(seat);
    const bool asked = asked_.contains(who) || declined_.contains(who);
    if (!asked && who.can_hand_over()) urgent.push_back(seat);
  }
  pace_.wanted(wanted, now);
  const std::size_t begin = std::min<std::size_t>(ready.size(), pace_.allowed(now));
  if (begin > 0) pace_.take(static_cast<std::uint32_t>(begin), now);
  for (std::size_t i = 0; i < begin; ++i) ask(ready[i], now);
  const time_point next_ready = begin < ready.size() ? pace_.next() : time_point::max();
  return std::min({next(), next_ready, ask_urgent(urgent, now)});
}

// A plan that was made anew may want other moves, or some of them later: to a member that has not
// settled yet.
void mover::withdraw_all_but(const core::own_part& part) {
  if (asked_.empty()) return;
  seats wanted = part.releases;
  for (const core::own_part::hand_over& move : part.hand_overs) wanted.push_back(move.key);
  std::ranges::sort(wanted);
  std::vector<participant*> kept;
  asked_.for_each([&](participant& who) {
    if (!std::ranges::binary_search(wanted, who.seat())) kept.push_back(&who);
  });
  for (participant* const who : kept) {
    asked_.erase(*who);
    who->withdraw_hand_over();
    seat_changed(who->seat());
  }
}

time_point mover::ask_urgent(const seats& urgent, time_point now) {
  if (urgent.empty()) return time_point::max();
  if (now < next_urgent_) return next_urgent_;
  const std::size_t count = std::min(urgent.size(), most_urgent);
  for (std::size_t i = 0; i < count; ++i) ask(urgent[i], now);
  next_urgent_ = now + urgent_pause;
  return count < urgent.size() ? next_urgent_ : time_point::max();
}

void mover::ask(std::uint32_t seat, time_point now) {
  participant& who = planner_.at(seat);
  asked_.set(who, stop_asked_at_.value_or(now + limit_));
  seat_changed(seat);
  who.request_hand_over();
}

// This member is drained, or may lead nothing by its weight or capacity, and has a limit for that.
time_point mover::ask_all(const core::own_part& part, time_point now) {
  if (!stop_asked_at_) {
    stop_asked_at_ = now + *drain_limit_;
    set_deadlines(*stop_asked_at_);
  }
  seats all = part.releases;
  for (const core::own_part::hand_over& move : part.hand_overs) all.push_back(move.key);
  std::erase_if(all, [&](std::uint32_t seat) {
    participant& who = planner_.at(seat);
    return asked_.contains(who) || !who.can_hand_over();
  });
  const time_point more = ask_urgent(in_key_order(std::move(all), planner_), now);
  return std::min(next(), more);
}

/// Of all bodies that were asked.
void mover::set_deadlines(time_point at) {
  std::vector<participant*> all;
  asked_.for_each([&](participant& who) { all.push_back(&who); });
  for (participant* const who : all) asked_.set(*who, at);
}

// The same without a limit: no body is asked.
time_point mover::stop_all(const core::own_part& part, time_point now) {
  if (std::exchange(stop_plan_, planner_.plans()) != planner_.plans()) {
    seats all = part.releases;
    for (const core::own_part::hand_over& move : part.hand_overs) all.push_back(move.key);
    to_stop_ = in_key_order(std::move(all), planner_);
    next_to_stop_ = 0;
    not_yet_.clear();
  }
  // What was handed to this member before the others knew that it must not lead begins later.
  for (const std::uint32_t seat : std::exchange(not_yet_, {})) stop_or_wait(seat, now);
  std::size_t room = window_.room(now);
  while (room > 0 && next_to_stop_ < to_stop_.size()) {
    const bool stopped = stop_or_wait(to_stop_[next_to_stop_++], now);
    if (stopped) --room;
  }
  return next_to_stop_ < to_stop_.size() ? window_.next() : time_point::max();
}

/// Whether its term was stopped. If it has none yet and may get one, it is looked at again.
bool mover::stop_or_wait(std::uint32_t seat, time_point now) {
  participant& who = planner_.at(seat);
  if (who.can_hand_over()) {
    who.stop_term(end_reason::handed_over);
    window_.stopped(who, now);
    return true;
  }
  if (who.history().held_by(planner_.session())) not_yet_.push_back(seat);
  return false;
}

// -- to whom -------------------------------------------------------------------------------------

// Only a member that has entered the same elections watches the key for certain. Another might hold
// it without knowing that.
std::optional<recipient> mover::recipient_of(std::uint32_t seat, time_point now) {
  const participant& who = planner_.at(seat);
  // An election that is left is released: its group goes on without this process in it.
  if (!planner_.seen() || (who.left() && !planner_.leaving())) return std::nullopt;
  core::member_index to = planner_.target(seat);
  if (to == core::no_member) return std::nullopt;
  const bool returned = to == planner_.self();
  // The body returned of itself. If this process stands again, it claims the key again.
  if (returned && who.stands()) return std::nullopt;
  if (returned || !planner_.same_elections(to)) to = planner_.other_member(seat, now);
  if (to == core::no_member || !planner_.same_elections(to)) return std::nullopt;
  return planner_.recipient_at(to);
}

std::vector<std::uint32_t> in_key_order(std::vector<std::uint32_t> seats,
                                        const group_planner& planner) {
  std::ranges::sort(seats, {}, [&](std::uint32_t seat) -> const std::string& {
    return planner.at(seat).key();
  });
  return seats;
}

}  // namespace tenure::impl
