#include "tenure-cron/schedule/wall_clock.hpp"

#include <utility>

namespace tenure::cron {

void wall_clock::ring() {
  armed_ = sys_seconds::max();
  const sys_seconds at = now_seconds();  // as milliseconds, sys_seconds::max() would overflow
  while (!alarms_.empty() && alarms_.begin()->first <= at) {
    wall_alarm* const due = alarms_.begin()->second;
    due->leave();
    due->due_ = true;
    due->changed_.notify_all();
  }
  arm_next();
}

void wall_clock::was_set() {
  armed_ = sys_seconds::max();
  ++sets_;
  while (!alarms_.empty()) {
    wall_alarm* const woken = alarms_.begin()->second;
    woken->leave();
    woken->changed_.notify_all();
  }
}

void wall_clock::arm_next() {
  const sys_seconds next = alarms_.empty() ? sys_seconds::max() : alarms_.begin()->first;
  if (next == armed_) return;
  armed_ = next;
  arm(next);
}

boost::asio::awaitable<wall_alarm::wakeup> wall_alarm::wait_until(sys_seconds when) {
  due_ = when <= clock_.now_seconds();
  // A coroutine that is cancelled leaves its place behind; the next wait takes another.
  if (!ready()) enter(when);
  while (!ready()) co_await changed_.wait();
  leave();
  if (sets_seen_ != clock_.sets_) {
    sets_seen_ = clock_.sets_;
    co_return wakeup::clock_set;
  }
  if (std::exchange(interrupted_, false)) co_return wakeup::interrupted;
  co_return wakeup::due;
}

bool wall_alarm::ready() const noexcept {
  return due_ || interrupted_ || sets_seen_ != clock_.sets_;
}

void wall_alarm::interrupt() noexcept {
  interrupted_ = true;
  changed_.notify_all();
}

void wall_alarm::enter(sys_seconds when) {
  leave();
  place_ = clock_.alarms_.emplace(when, this);
  waiting_ = true;
  clock_.arm_next();
}

void wall_alarm::leave() noexcept {
  if (!std::exchange(waiting_, false)) return;
  clock_.alarms_.erase(place_);
}

}  // namespace tenure::cron
