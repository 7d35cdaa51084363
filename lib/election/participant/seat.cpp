// A participant's seat in its group: what the group wants of it, and what it reports to the group.
#include <utility>

#include "election/context.hpp"
#include "election/participant/participant.hpp"
#include "runtime/metering.hpp"

namespace tenure::impl {

// At once, so that this process releases a key that is handed to it before it stands.
void participant::set_seat(std::uint32_t seat) {
  seat_ = seat;
  attach_session();
}

void participant::leave_seat() noexcept {
  if (seated()) profile_->group->seat_left(std::exchange(seat_, no_seat));
}

void participant::report_seat() noexcept {
  if (seated()) profile_->group->seat_changed(seat_);
}

void participant::set_claims_wait(bool wait) {
  fsm_.set_claims_wait(wait);
  if (!wait) advance();
}

void participant::request_hand_over() {
  if (!can_hand_over() || hand_over_wanted()) return;
  fsm_.request_hand_over(true);
  term_->hand_over_wanted.store(true, std::memory_order_release);
  log(log_level::info, "hand-over requested");
  note_event();
  changed_.notify_all();
}

void participant::withdraw_hand_over() {
  if (!hand_over_wanted()) return;
  fsm_.request_hand_over(false);
  term_->hand_over_wanted.store(false, std::memory_order_release);
  log(log_level::info, "hand-over request withdrawn");
  note_event();
}

participant::seen_holder participant::holder() const noexcept {
  return seen_holder{fsm_.history().known(), fsm_.history().holder()};
}

void participant::note_holder(const seen_holder& before) {
  const core::key_history& now = fsm_.history();
  const bool other = now.holder() != before.session;
  if (other) end_name_conflict();
  if (now.held() && other) runtime::count(env(), metric::leader_changes);
  if (seated() && (other || now.known() != before.known)) {
    profile_->group->holder_changed(seat_, now.holder());
  }
  review_hand_over(env().timers->now());
}

}  // namespace tenure::impl
