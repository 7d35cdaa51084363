#include "runtime/timer_heap.hpp"

#include <algorithm>

#include "runtime/ensure.hpp"

namespace tenure::runtime {

timer::~timer() { ensure(!armed(), "a timer is disarmed before it is destroyed"); }

timer_heap::~timer_heap() {
  for (const entry& e : heap_) e.owner->index_ = timer::not_in_heap;
}

time_point timer_heap::next() const noexcept {
  return heap_.empty() ? time_point::max() : heap_.front().deadline;
}

void timer_heap::arm(timer& t, time_point at) {
  t.deadline_ = std::max(at, fired_until_);
  const entry e{t.deadline_, ++sequence_, &t};
  if (!t.armed()) {
    heap_.push_back(e);
    t.index_ = heap_.size() - 1;
  }
  const std::size_t index = t.index_;
  ensure(index < heap_.size() && heap_[index].owner == &t, "a timer is armed in one heap");
  sift(index, e);
}

void timer_heap::disarm(timer& t) noexcept {
  if (!t.armed()) return;
  const std::size_t index = t.index_;
  ensure(index < heap_.size() && heap_[index].owner == &t, "a timer is disarmed in its own heap");
  t.index_ = timer::not_in_heap;
  const entry last = heap_.back();
  heap_.pop_back();
  if (last.owner != &t) sift(index, last);
}

std::size_t timer_heap::fire_due(time_point now) noexcept {
  fired_until_ = std::max(fired_until_, now);
  const std::uint64_t newest = sequence_;
  std::size_t fired = 0;
  while (!heap_.empty()) {
    const entry& first = heap_.front();
    // A timer that was armed meanwhile sorts behind all that were due: its deadline is at least
    // `now`, and its sequence is greater.
    if (first.deadline > now || first.sequence > newest) break;
    timer& t = *first.owner;
    disarm(t);
    ++fired;
    t.fire_(t);  // may destroy t
  }
  return fired;
}

void timer_heap::put(std::size_t index, const entry& e) noexcept {
  heap_[index] = e;
  e.owner->index_ = index;
}

std::size_t timer_heap::first_child(std::size_t index) const noexcept {
  const std::size_t begin = children * index + 1;
  const std::size_t end = std::min(begin + children, heap_.size());
  std::size_t first = begin;
  for (std::size_t i = begin + 1; i < end; ++i) {
    if (heap_[i].before(heap_[first])) first = i;
  }
  return first;
}

void timer_heap::sift(std::size_t index, const entry& e) noexcept {
  while (index > 0) {
    const std::size_t parent = (index - 1) / children;
    if (!e.before(heap_[parent])) break;
    put(index, heap_[parent]);
    index = parent;
  }
  for (;;) {
    const std::size_t child = first_child(index);
    if (child >= heap_.size() || !heap_[child].before(e)) break;
    put(index, heap_[child]);
    index = child;
  }
  put(index, e);
}

}  // namespace tenure::runtime
