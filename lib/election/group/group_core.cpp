#include "election/group/group_core.hpp"

#include <algorithm>
#include <tenure/bad_configuration.hpp>
#include <tenure/key_error.hpp>
#include <utility>

#include "core/group/move_pace.hpp"
#include "election/errors.hpp"
#include "election/participant/participant.hpp"
#include "runtime/keep_alive.hpp"

namespace tenure::impl {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// Programs enter and leave many elections at once: the member publishes what it has entered after a
// pause of these changes.
constexpr duration entered_quiet = 1s;
constexpr duration entered_latest = 10s;
// A drained member that leads nothing may still have a request in flight.
constexpr duration look_again_after = 50ms;
// The pause between the plans of a member that keeps elections, for each of them: ten times what
// planning one costs. While another member is drained, each answer of a poll is a reason to plan.
constexpr duration plan_per_election = 1us;

core::group_member first_document(const membership& how) {
  core::group_member document;
  document.name = how.name();
  document.value = how.how().value();
  document.weight = how.weight();
  document.capacity = how.capacity().value_or(core::no_limit);
  document.labels = how.labels();
  return document;
}

}  // namespace

group_core::group_core(std::weak_ptr<group_owner> owner, std::shared_ptr<context> shared,
                       std::string prefix, membership how)
    : runtime::timer([](runtime::timer& t) noexcept { static_cast<group_core&>(t).turn(); }),
      owner_(std::move(owner)),
      shared_(std::move(shared)),
      prefix_(std::move(prefix)),
      how_(std::move(how)),
      session_(shared_->sessions.session_for(how_.how())),
      key_(std::make_shared<member_key>(shared_, session_, prefix_, first_document(how_),
                                        how_.settling_time())),
      watch_(shared_, prefix_, *this),
      notices_(shared_, prefix_, how_.how()),
      claims_(planner_, how_.how().lock_delay()),
      mover_(shared_->env, prefix_, how_, planner_),
      tasks_(shared_->env->executor, *shared_->env->timers, log_failures(shared_->env->log)),
      changed_(*shared_->env->timers) {}

group_core::~group_core() {
  end_name_conflict();
  shared_->env->timers->disarm(*this);
}

void group_core::start() {
  shared_->watches.read_consistently();
  tasks_.spawn(runtime::keep_alive(key_->run(), shared_from_this()));
  tasks_.spawn(runtime::keep_alive(watch_.run(), shared_from_this()));
  tasks_.spawn(runtime::keep_alive(follow_key(), shared_from_this()));
}

void group_core::check_open() const {
  if (leaving_ || shared_->shutting_down) fail(errc::shut_down, "the group \"" + prefix_ + "\"");
}

// -- its elections -------------------------------------------------------------------------------

std::shared_ptr<participant> group_core::enter(std::string key) {
  check_open();
  if (std::string why = group_key_error(prefix_, key); !why.empty()) {
    throw bad_configuration(std::move(why));
  }
  const std::shared_ptr<group_owner> owner = owner_.lock();
  if (!owner) fail(errc::shut_down, "the group \"" + prefix_ + "\"");
  return owner->enter(std::move(key), its_profile());
}

// The participants keep it, and it keeps this object.
std::shared_ptr<const profile> group_core::its_profile() {
  auto known = profile_.lock();
  if (!known) {
    known = std::make_shared<const profile>(shared_, how_.how(), shared_from_this());
    profile_ = known;
  }
  return known;
}

void group_core::take_seat(participant& who) {
  const bool outside = !who.key().starts_with(prefix_ + '/');
  who.set_seat(planner_.add(who, outside));
  note_entered(shared_->now());
}

void group_core::seat_left(std::uint32_t seat) noexcept {
  if (seat >= planner_.elections()) return;
  participant& who = planner_.at(seat);
  mover_.forget(who);
  claims_.forget(who);
  planner_.remove(seat);
  // At once: until the others know, they may hand the election to this member.
  publish_at_ = shared_->now();
  wake();
}

void group_core::note_entered(time_point now) noexcept {
  if (publish_latest_ == time_point::max()) publish_latest_ = now + entered_latest;
  publish_at_ = std::min(now + entered_quiet, publish_latest_);
  wake();
}

// What a list of the group does not show. `tenure drain --wait` waits for a member that is idle, so
// that is published at once.
void group_core::note_led(time_point now) {
  const bool may_be = planner_.drained() && !planner_.leads_any() && !busy_;
  const bool idle = may_be && (idle_ || planner_.all_idle());
  if (idle != std::exchange(idle_, idle)) publish_at_ = now;
  if (may_be && !idle) wake_at(now + look_again_after);
  if (planner_.leads_outside() != key_->document().leads_outside &&
      publish_at_ == time_point::max()) {
    note_entered(now);
  }
}

// -- what the participants report ----------------------------------------------------------------

void group_core::holder_changed(std::uint32_t seat, const core::session_id& holder) noexcept {
  planner_.set_holder(seat, holder);
  mover_.holder_changed(seat, holder, shared_->now());
  wake();
}

void group_core::seat_changed(std::uint32_t seat) noexcept {
  mover_.seat_changed(seat);
  wake();
}

std::optional<recipient> group_core::recipient_of(std::uint32_t seat) {
  std::optional<recipient> to = mover_.recipient_of(seat, shared_->now());
  if (!to) return to;
  const std::string session = to->session.text();
  to->member_key = member_key_name(prefix_, session);
  to->notices = notices_prefix(prefix_, session);
  return to;
}

void group_core::handed_over(std::uint32_t seat, const recipient& to) {
  mover_.handed_over(seat, to, shared_->now());
  wake();
}

void group_core::recipient_gone(const recipient& to) {
  planner_.set_gone(to, shared_->now());
  wake();
}

// -- the members ---------------------------------------------------------------------------------

void group_core::on_answer(const group_view& view) {
  key_->observe(view);
  if (planner_.note_answer(view)) wake();
  for (const seen_member& one : view.members) {
    const std::string session = one.session.text();
    if (session == key_->session() || !shared_->sessions.has(session)) continue;
    if (std::exchange(removing_stray_, true)) return;
    tasks_.spawn(runtime::keep_alive(remove_stray(session), shared_from_this()));
    return;
  }
}

// Consul may carry out a write of an earlier membership after its key was deleted. The session
// lives on if others of this process use it, and members would hand elections to it. If the request
// fails, the next answer shows the key again.
asio::awaitable<void> group_core::remove_stray(std::string session) {
  const std::string key = member_key_name(prefix_, session);
  std::vector<consul::txn_op> ops = member_removal(
      prefix_, session, consul::txn_op::check_session(key, session), stray_scope_);
  const time_point deadline = shared_->client.deadline();
  const consul::txn_result answer = co_await shared_->client.write(std::move(ops), deadline);
  removing_stray_ = false;
  if (answer.error == consul_errc::forbidden) stray_scope_ = after_forbidden(stray_scope_);
  if (!answer.committed) co_return;
  shared_->env->log->log(log_level::info, "member key of an earlier membership deleted",
                         {{"group", prefix_}, {"session", session}});
}

void group_core::on_group(const group_view& view) {
  watch_error_ = {};
  mover_.pinned(last_view_.pins, view.pins);
  log_changes(view);
  planner_.set_view(view);
  wake();
}

void group_core::on_group_error(const error_code& why) {
  watch_error_ = why;
  changed_.notify_all();
}

std::size_t group_core::place_of(const left_over& what) const noexcept {
  return planner_.cleaning_place(what.key);
}

void group_core::log_member(std::string_view event, const seen_member& who, log_level level) {
  shared_->env->log->log(
      level, event,
      {{"group", prefix_}, {"member", who.document.name}, {"session", who.session.text()}});
}

void group_core::log_changes(const group_view& view) {
  const bool first = !planner_.seen();
  for (const seen_member& now : view.members) {
    const seen_member* const before = last_view_.find(now.session);
    if (before == nullptr) {
      log_member("member joined", now, first ? log_level::debug : log_level::info);
    } else if (now.document.leaving && !before->document.leaving) {
      log_member("member leaves", now, log_level::info);
    }
    const bool drained = view.drained.contains(now.document.name);
    const bool was = before != nullptr && last_view_.drained.contains(now.document.name);
    if (drained && !was) log_member("member drained", now, log_level::info);
    if (was && !drained) log_member("member undrained", now, log_level::info);
  }
  for (const seen_member& before : last_view_.members) {
    if (view.find(before.session) == nullptr) log_member("member gone", before, log_level::info);
  }
  last_view_ = view;
  review_name(view);
}

/// Whether another process is a member under our name.
void group_core::review_name(const group_view& view) {
  const core::session_id own(key_->session());
  const auto same_name = [&](const seen_member& one) {
    const bool other = one.session != own && shared_->names.is_other(one.session);
    return other && one.document.name == how_.name();
  };
  const auto found = std::ranges::find_if(view.members, same_name);
  if (found == view.members.end()) {
    end_name_conflict();
  } else if (!std::exchange(name_conflict_, true)) {
    const log_field who[] = {{"group", prefix_}, {"member", how_.name()}};
    shared_->names.begin(name_conflicts::where::member, found->session, who);
  }
}

void group_core::end_name_conflict() noexcept {
  if (std::exchange(name_conflict_, false)) shared_->names.end(name_conflicts::where::member);
}

asio::awaitable<void> group_core::follow_key() {
  for (;;) {
    set_session(key_->session());
    co_await key_->changed().wait();
  }
}

// Another session is another member: keys that were handed to the lost session are lost with it.
void group_core::set_session(const std::string& id) {
  if (id == session_id_) return;
  if (!session_id_.empty()) shared_->unwanted.remove_session(session_id_);
  session_id_ = id;
  shared_->names.add_own(id);
  if (!id.empty()) shared_->unwanted.add_session(id);
  notices_.session_is(id);
  planner_.set_self(id);
  wake();
}

// -- turns ---------------------------------------------------------------------------------------

void group_core::wake() noexcept {
  const time_point at = std::max(shared_->now(), turn_not_before_);
  if (!armed() || deadline() > at) wake_at(at);
}

void group_core::wake_at(time_point at) noexcept {
  if (ended_ || at == time_point::max()) return;
  if (armed() && deadline() <= at) return;
  shared_->env->timers->arm(*this, at);
}

void group_core::turn() {
  const time_point now = shared_->now();
  note_led(now);
  if (now >= publish_at_) {
    publish_at_ = publish_latest_ = time_point::max();
    core::group_member document = key_->document();
    document.entered = planner_.entered();
    document.leads_outside = planner_.leads_outside();
    document.idle = idle_;
    publish(std::move(document));
  }
  const time_point next = std::min(execute_plan(now), publish_at_);
  // A member that gives up all stops the next bodies as soon as keys are handed over.
  const bool keeps = planner_.may_lead() && !planner_.leaving();
  const auto elections = static_cast<std::int64_t>(planner_.elections());
  turn_not_before_ = keeps ? now + plan_per_election * elections : time_point::min();
  changed_.notify_all();
  wake_at(next);
}

time_point group_core::execute_plan(time_point now) {
  mover_.review(now);
  if (!planner_.ready()) {
    claims_.close();
    return mover_.next();
  }
  if (!std::exchange(joined_, true)) {
    shared_->env->log->log(log_level::info, "group joined",
                           {{"group", prefix_}, {"member", how_.name()}});
  }
  // A key that was not seen yet may be held, so a plan without it may claim or move others wrongly.
  // The wait is short: some keys may never be seen, such as those that the token may not read.
  if (planner_.unknown() == 0) unknown_since_ = time_point::max();
  if (planner_.unknown() > 0 && unknown_since_ == time_point::max()) unknown_since_ = now;
  if (planner_.unknown() > 0 && now < unknown_since_ + core::claim_handicap &&
      planner_.may_lead()) {
    return std::min(mover_.next(), unknown_since_ + core::claim_handicap);
  }
  const core::own_part part = planner_.part();
  const time_point claims = claims_.update(part, now);
  const time_point moves = mover_.run(part, now);
  return std::min(claims, moves);
}

// -- its document --------------------------------------------------------------------------------

void group_core::publish(core::group_member document) { key_->publish(std::move(document)); }

void group_core::set_weight(std::uint32_t weight) {
  check_open();
  if (weight > core::most_weight) {
    throw bad_configuration("the weight " + std::to_string(weight) + " of a member is too large: " +
                            "use at most " + std::to_string(core::most_weight));
  }
  core::group_member document = key_->document();
  document.weight = weight;
  publish(std::move(document));
}

void group_core::set_capacity(std::optional<std::uint32_t> most) {
  check_open();
  core::group_member document = key_->document();
  document.capacity = most.value_or(core::no_limit);
  publish(std::move(document));
}

void group_core::set_labels(std::map<std::string, std::string> all) {
  check_open();
  membership(how_).labels(all).check();
  core::group_member document = key_->document();
  document.labels = std::move(all);
  check_size(document);
  publish(std::move(document));
}

void group_core::set_busy(bool busy) {
  check_open();
  if (std::exchange(busy_, busy) != busy) wake();
}

error_code group_core::last_error() const noexcept {
  return watch_error_ ? watch_error_ : key_->last_error();
}

asio::awaitable<void> group_core::changed() {
  check_open();
  co_await changed_.wait();
  check_open();
}

}  // namespace tenure::impl
