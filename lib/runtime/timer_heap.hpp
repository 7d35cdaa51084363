// A heap of intrusive timers, ordered by (deadline, sequence). It reads no clock: its driver, a
// timerfd or a simulation, passes the time in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <tenure/toolkit/timers.hpp>
#include <vector>

namespace tenure::runtime {

class timer_heap {
 public:
  timer_heap() = default;
  timer_heap(const timer_heap&) = delete;
  timer_heap& operator=(const timer_heap&) = delete;
  /// Disarms the remaining timers; they never fire.
  ~timer_heap();

  bool empty() const noexcept { return heap_.empty(); }
  std::size_t size() const noexcept { return heap_.size(); }
  /// When the next timer is due; time_point::max() if no timer is armed.
  time_point next() const noexcept;

  /// Arms or re-arms. An instant before the last fire_due() counts as that instant, so that a timer
  /// that is armed for the past again and again cannot overtake the timers that are due.
  void arm(timer& t, time_point at);
  void disarm(timer& t) noexcept;

  /// Fires the timers that are due at `now`. Those that are armed meanwhile wait for the next call.
  /// Returns how many fired.
  std::size_t fire_due(time_point now) noexcept;

 private:
  /// The sort key is stored in the heap, not read from the timer, and a node has four children: to
  /// sift an entry among 10,000 touches seven entries, and none of the timers, which are scattered
  /// over the memory.
  class entry {
   public:
    time_point deadline;
    std::uint64_t sequence;
    timer* owner;
    bool before(const entry& other) const noexcept {
      return deadline < other.deadline ||
             (deadline == other.deadline && sequence < other.sequence);
    }
  };
  static constexpr std::size_t children = 4;

  void put(std::size_t index, const entry& e) noexcept;
  /// Sifts the entry up or down to its node, beginning at the free node `index`.
  void sift(std::size_t index, const entry& e) noexcept;
  /// The child that is due first; any index behind the end where the node has no children.
  std::size_t first_child(std::size_t index) const noexcept;

  std::vector<entry> heap_;
  std::uint64_t sequence_ = 0;
  time_point fired_until_ = time_point::min();
};

}  // namespace tenure::runtime
