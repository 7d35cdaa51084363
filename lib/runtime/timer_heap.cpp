#include "runtime/timer_heap.hpp"

#include <algorithm>

#include "runtime/must.hpp"

namespace tenure::runtime {

timer::~timer() { must(!armed(), "a timer is disarmed before it is destroyed"); }

timer_heap::~timer_heap() {
  for (timer* t : heap_) t->place_ = timer::nowhere;
}

time_point timer_heap::next() const noexcept {
  return heap_.empty() ? time_point::max() : heap_.front()->deadline_;
}

void timer_heap::arm(timer& t, time_point at) {
  disarm(t);
  heap_.push_back(&t);
  t.deadline_ = std::max(at, fired_until_);
  t.sequence_ = ++sequence_;
  sift_up(heap_.size() - 1);
}

void timer_heap::disarm(timer& t) noexcept {
  if (!t.armed()) return;
  const std::size_t place = t.place_;
  must(place < heap_.size() && heap_[place] == &t, "a timer is disarmed where it was armed");
  t.place_ = timer::nowhere;
  timer* last = heap_.back();
  heap_.pop_back();
  if (last == &t) return;
  put(place, last);
  sift_down(place);
  sift_up(last->place_);
}

std::size_t timer_heap::fire_due(time_point now) noexcept {
  fired_until_ = std::max(fired_until_, now);
  const std::uint64_t newest = sequence_;
  std::size_t fired = 0;
  while (!heap_.empty()) {
    timer& t = *heap_.front();
    // What was armed meanwhile sorts behind everything that was due: its deadline is at least
    // `now` and its sequence is greater.
    if (t.deadline_ > now || t.sequence_ > newest) break;
    disarm(t);
    ++fired;
    t.fire_(t);  // may destroy t
  }
  return fired;
}

bool timer_heap::before(const timer& a, const timer& b) noexcept {
  return a.deadline_ < b.deadline_ || (a.deadline_ == b.deadline_ && a.sequence_ < b.sequence_);
}

void timer_heap::put(std::size_t place, timer* t) noexcept {
  heap_[place] = t;
  t->place_ = place;
}

void timer_heap::sift_up(std::size_t place) noexcept {
  timer* t = heap_[place];
  while (place > 0) {
    const std::size_t parent = (place - 1) / 2;
    if (!before(*t, *heap_[parent])) break;
    put(place, heap_[parent]);
    place = parent;
  }
  put(place, t);
}

void timer_heap::sift_down(std::size_t place) noexcept {
  timer* t = heap_[place];
  for (;;) {
    std::size_t child = 2 * place + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && before(*heap_[child + 1], *heap_[child])) ++child;
    if (!before(*heap_[child], *t)) break;
    put(place, heap_[child]);
    place = child;
  }
  put(place, t);
}

}  // namespace tenure::runtime
