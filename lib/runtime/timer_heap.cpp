#include "runtime/timer_heap.hpp"

#include <algorithm>

#include "runtime/ensure.hpp"

namespace tenure::runtime {

timer::~timer() { ensure(!armed(), "a timer is disarmed before it is destroyed"); }

timer_heap::~timer_heap() {
  for (const entry& e : heap_) e.whose->place_ = timer::nowhere;
}

time_point timer_heap::next() const noexcept {
  return heap_.empty() ? time_point::max() : heap_.front().deadline;
}

void timer_heap::arm(timer& t, time_point at) {
  t.deadline_ = std::max(at, fired_until_);
  const entry e{t.deadline_, ++sequence_, &t};
  if (!t.armed()) {
    heap_.push_back(e);
    t.place_ = heap_.size() - 1;
  }
  const std::size_t place = t.place_;
  ensure(place < heap_.size() && heap_[place].whose == &t, "a timer is armed in one heap");
  settle(place, e);
}

void timer_heap::disarm(timer& t) noexcept {
  if (!t.armed()) return;
  const std::size_t place = t.place_;
  ensure(place < heap_.size() && heap_[place].whose == &t, "a timer is disarmed where it was armed");
  t.place_ = timer::nowhere;
  const entry last = heap_.back();
  heap_.pop_back();
  if (last.whose != &t) settle(place, last);
}

std::size_t timer_heap::fire_due(time_point now) noexcept {
  fired_until_ = std::max(fired_until_, now);
  const std::uint64_t newest = sequence_;
  std::size_t fired = 0;
  while (!heap_.empty()) {
    const entry& first = heap_.front();
    // What was armed meanwhile sorts behind everything that was due: its deadline is at least
    // `now` and its sequence is greater.
    if (first.deadline > now || first.sequence > newest) break;
    timer& t = *first.whose;
    disarm(t);
    ++fired;
    t.fire_(t);  // may destroy t
  }
  return fired;
}

void timer_heap::put(std::size_t place, const entry& e) noexcept {
  heap_[place] = e;
  e.whose->place_ = place;
}

std::size_t timer_heap::first_of_children(std::size_t place) const noexcept {
  const std::size_t begin = children * place + 1;
  const std::size_t end = std::min(begin + children, heap_.size());
  std::size_t first = begin;
  for (std::size_t i = begin + 1; i < end; ++i) {
    if (heap_[i].before(heap_[first])) first = i;
  }
  return first;
}

void timer_heap::settle(std::size_t place, const entry& e) noexcept {
  while (place > 0) {
    const std::size_t parent = (place - 1) / children;
    if (!e.before(heap_[parent])) break;
    put(place, heap_[parent]);
    place = parent;
  }
  for (;;) {
    const std::size_t child = first_of_children(place);
    if (child >= heap_.size() || !heap_[child].before(e)) break;
    put(place, heap_[child]);
    place = child;
  }
  put(place, e);
}

}  // namespace tenure::runtime
