#include "election/group/group_planner.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/util/invariant.hpp"
#include "election/participant/participant.hpp"

namespace tenure::impl {
namespace {

using namespace std::chrono_literals;

// By then the watch shows what a hand-over has become.
constexpr duration lent_for = 2s;

}  // namespace

// -- what changed --------------------------------------------------------------------------------

std::string group_planner::describe() const {
  return "member with session " + session_.text() + ", " + std::to_string(seats_.size()) +
         " elections entered, " + std::to_string(plan_.keys().size()) + " planned, " +
         std::to_string(unknown_) + " not seen yet, " + std::to_string(members_.size()) +
         " members";
}

// Each election has one place, in the plan as here.
void group_planner::check_places() const noexcept {
  core::must(seats_.size() == plan_.keys().size() && unknown_ <= seats_.size(),
             "each election that was entered is in the plan once", [this] { return describe(); });
}

std::uint32_t group_planner::add(participant& who, bool outside) {
  const std::uint64_t order = core::plan_order(who.key());
  seats_.push_back({.who = &who, .outside = outside});
  ++unknown_;
  if (outside) ++outside_;
  entered_.add(order);
  const std::uint32_t place = plan_.add_key(order);
  if (const auto pin = view_.pins.find(who.key()); pin != view_.pins.end()) {
    plan_.set_pin(place, named(pin->second));
  }
  check_places();
  return place;
}

void group_planner::remove(std::uint32_t place) {
  if (place >= seats_.size()) return;
  if (!seats_[place].known) --unknown_;
  if (seats_[place].outside) --outside_;
  entered_.remove(plan_.keys()[place].order);
  count(plan_.keys()[place].holder, -1);
  plan_.remove_key(place);
  seats_[place] = seats_.back();
  seats_.pop_back();
  check_places();
  if (place < seats_.size()) seats_[place].who->set_seat(place);
}

void group_planner::set_holder(std::uint32_t place, const core::session_id& holder) {
  if (place >= seats_.size()) return;
  if (!std::exchange(seats_[place].known, true)) --unknown_;
  place_holder(place, holder);
}

void group_planner::place_holder(std::uint32_t place, const core::session_id& holder) noexcept {
  const core::member_index before = plan_.keys()[place].holder;
  const core::member_index now = holder.empty() ? core::no_member : index_of(holder);
  count(before, -1);
  count(now, 1);
  plan_.set_holder(place, now, holder.empty());
}

void group_planner::count(core::member_index holder, int by) noexcept {
  core::must(by > 0 || holder >= held_.size() || held_[holder] > 0,
             "a member gives up an election that it held", [this] { return describe(); });
  if (holder < held_.size()) held_[holder] += static_cast<std::uint32_t>(by);
}

void group_planner::set_view(const group_view& view) {
  view_ = view;
  seen_ = true;
  rebuild();
}

bool group_planner::note_answer(const group_view& view) {
  const auto outdated = [&](const gone_member& one) {
    if (view.asked_at >= one.since) return true;
    const seen_member* const now = view.find(one.session);
    return now == nullptr || now->modify_index != one.modify_index;
  };
  if (std::erase_if(gone_, outdated) == 0) return false;
  rebuild();
  return true;
}

void group_planner::set_self(core::session_id session) {
  if (session == session_) return;
  session_ = std::move(session);
  rebuild();
}

void group_planner::set_leaving() {
  leaving_ = true;
  entered_before_ = entered_;
  rebuild();
}

void group_planner::set_gone(const recipient& refused, time_point now) {
  const core::member_index which = index_of(refused.session);
  if (which == core::no_member || which == self_) return;
  // Its key may have been released, and be held again by now.
  if (members_[which].modify_index != refused.modify_index) return;
  gone_.push_back(gone_member{refused.session, refused.modify_index, now});
  rebuild();
}

// -- what the member publishes -------------------------------------------------------------------

std::size_t group_planner::leads_outside() const noexcept {
  if (outside_ == 0 || !leads_any()) return 0;
  std::size_t count = 0;
  for (std::size_t place = 0; place < seats_.size(); ++place) {
    if (seats_[place].outside && plan_.keys()[place].holder == self_) ++count;
  }
  return count;
}

bool group_planner::drained() const noexcept {
  return ready() && view_.drained.contains(members_[self_].document.name);
}

bool group_planner::all_idle() const {
  return std::ranges::all_of(
      seats_, [](const seat& one) { return one.who->idle() || one.who->settled(); });
}

bool group_planner::gone(const seen_member& member) const {
  return std::ranges::any_of(
      gone_, [&](const gone_member& one) { return one.session == member.session; });
}

// -- the plan's input, made anew -----------------------------------------------------------------

void group_planner::rebuild() {
  const std::vector<core::session_id> before = leaders();
  take_members();
  if (leaders() != before) ++membership_;
  held_.assign(members_.size(), 0);
  for (std::uint32_t place = 0; place < seats_.size(); ++place) {
    const seat& one = seats_[place];
    if (one.known) place_holder(place, one.who->history().holder());
  }
  take_pins();
}

std::vector<core::session_id> group_planner::leaders() const {
  std::vector<core::session_id> all;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (plan_.members()[i].may_lead()) all.push_back(members_[i].session);
  }
  return all;
}

void group_planner::take_members() {
  members_.clear();
  values_.clear();
  self_ = core::no_member;
  std::vector<core::plan_member> planned;
  for (const seen_member& member : view_.members) {
    if (gone(member)) continue;
    const core::group_member& shown = member.document;
    const bool self = !session_.empty() && member.session == session_;
    if (self) self_ = static_cast<core::member_index>(members_.size());
    planned.push_back({.weight = shown.weight,
                       .capacity = shown.capacity,
                       .draining = shown.leaving || view_.drained.contains(shown.name) ||
                                   (self && leaving_),
                       .settled = shown.settled});
    members_.push_back(member);
    values_.push_back(std::make_shared<const std::string>(shown.value));
  }
  plan_.set_members(std::move(planned));
}

void group_planner::take_pins() {
  if (view_.pins.empty()) return;
  for (std::uint32_t place = 0; place < seats_.size(); ++place) {
    const auto pin = view_.pins.find(seats_[place].who->key());
    if (pin != view_.pins.end()) plan_.set_pin(place, named(pin->second));
  }
}

core::member_index group_planner::index_of(const core::session_id& session) const noexcept {
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (members_[i].session == session) return static_cast<core::member_index>(i);
  }
  return core::no_member;
}

// Two members have one name while a process that was restarted has not lost its old session.
core::member_index group_planner::named(const std::string& name) const noexcept {
  core::member_index found = core::no_member;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (members_[i].document.name != name) continue;
    if (found == core::no_member || members_[i].create_index > members_[found].create_index) {
      found = static_cast<core::member_index>(i);
    }
  }
  return found;
}

// -- what follows --------------------------------------------------------------------------------

std::size_t group_planner::over_capacity() const noexcept {
  if (!ready()) return 0;
  const std::uint32_t most = plan_.members()[self_].capacity;
  return held_[self_] > most ? held_[self_] - most : 0;
}

std::size_t group_planner::room_beside(std::size_t claims) const noexcept {
  const std::size_t most = plan_.members()[self_].capacity;
  const std::size_t taken = held_[self_] + claims;
  return most > taken ? most - taken : 0;
}

bool group_planner::has_room(core::member_index member) const noexcept {
  return plan_.members()[member].may_lead() && held_[member] < plan_.members()[member].capacity;
}

std::optional<std::uint32_t> group_planner::claim_place(std::uint32_t place) {
  const core::member_index to = target(place);
  if (to == core::no_member) return std::nullopt;
  if (to != self_ && !has_room(self_)) return std::nullopt;
  return core::claim_place(plan_.members(), self_, plan_.keys()[place], to);
}

std::size_t group_planner::cleaning_place(const std::string& key) const noexcept {
  // After all members, if this process is none at the moment.
  if (self_ == core::no_member) return members_.size();
  const core::plan_key as_key{.order = core::plan_order(key)};
  const std::optional<std::uint32_t> place =
      core::claim_place(plan_.members(), self_, as_key, core::no_member);
  return place ? *place - 1 : members_.size();
}

// Among those with room, also for what was handed to them just now, one that certainly watches the
// key; then one that leads less than its share, as any other would have to give one of its
// elections away; then the one that would claim it first.
core::member_index group_planner::other_member(std::uint32_t place, time_point now) {
  std::erase_if(lent_, [now](const loan& one) { return one.until <= now; });
  const std::vector<core::member_share>& shares = plan_.plan().shares();
  core::member_index best = core::no_member;
  std::tuple<bool, bool, std::uint32_t> best_rank;
  for (core::member_index m = 0; m < members_.size(); ++m) {
    if (m == self_ || !has_room(m)) continue;
    if (held_[m] + lent_to(members_[m].session) >= plan_.members()[m].capacity) continue;
    const auto turn = core::claim_place(plan_.members(), m, plan_.keys()[place], self_);
    const bool full = held_[m] >= shares[m].size;
    const std::tuple rank(!same_elections(m), full, turn.value_or(core::no_limit));
    if (best != core::no_member && rank >= best_rank) continue;
    best = m;
    best_rank = rank;
  }
  if (best != core::no_member) lent_.push_back({members_[best].session, now + lent_for});
  return best;
}

std::uint32_t group_planner::lent_to(const core::session_id& session) const noexcept {
  return static_cast<std::uint32_t>(std::ranges::count(lent_, session, &loan::to));
}

recipient group_planner::recipient_at(core::member_index member) const {
  return recipient{.session = members_[member].session,
                   .name = members_[member].document.name,
                   .value = values_[member],
                   .member_key = {},
                   .modify_index = members_[member].modify_index,
                   .notices = {}};
}

std::vector<group_member_status> group_planner::statuses() {
  const core::share_plan& plan = plan_.plan();
  std::vector<group_member_status> all;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const core::group_member& shown = members_[i].document;
    group_member_status one;
    one.name = shown.name;
    one.session = members_[i].session.text();
    one.value = shown.value;
    one.weight = shown.weight;
    if (shown.capacity != core::no_limit) one.capacity = shown.capacity;
    one.labels = shown.labels;
    one.settled = shown.settled;
    one.draining = view_.drained.contains(shown.name);
    one.leaving = shown.leaving || (i == self_ && leaving_);
    one.self = i == self_;
    one.idle = shown.idle;
    one.entered = shown.entered.count;
    one.leads = held_[i];
    one.share = plan.shares()[i].size;
    all.push_back(std::move(one));
  }
  for (const core::planned_move& move : plan.moves()) {
    const core::member_index from = plan_.keys()[move.key].holder;
    if (from == move.to && from != core::no_member) continue;  // it is done
    if (from < all.size()) ++all[from].gives;
    if (move.to < all.size()) ++all[move.to].gets;
  }
  return all;
}

}  // namespace tenure::impl
