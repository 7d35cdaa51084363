// One heap of intrusive timers, ordered by (deadline, sequence). It knows no clock: whoever drives
// it says what time it is, the machine's timerfd as well as a simulation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "runtime/timers.hpp"

namespace tenure::runtime {

class timer_heap {
 public:
  timer_heap() = default;
  timer_heap(const timer_heap&) = delete;
  timer_heap& operator=(const timer_heap&) = delete;
  /// Timers that are left are disarmed and never fire.
  ~timer_heap();

  bool empty() const noexcept { return heap_.empty(); }
  std::size_t size() const noexcept { return heap_.size(); }
  /// When the next timer is due; time_point::max() where none is armed.
  time_point next() const noexcept;

  /// (Re)arms. An instant before the last fire_due() counts as that instant, so that nobody who
  /// arms for the past again and again can push in front of those who wait their turn.
  void arm(timer& t, time_point at);
  void disarm(timer& t) noexcept;

  /// Fires what is due at `now`, but for what is armed meanwhile: that waits for the next call.
  /// Returns how many fired.
  std::size_t fire_due(time_point now) noexcept;

 private:
  /// What timers are ordered by stands in the heap itself, and a knot has four children: of ten
  /// thousand timers that lie all over the memory, a move touches seven.
  class entry {
   public:
    time_point deadline;
    std::uint64_t sequence;
    timer* whose;
    bool before(const entry& other) const noexcept {
      return deadline < other.deadline ||
             (deadline == other.deadline && sequence < other.sequence);
    }
  };
  static constexpr std::size_t children = 4;

  void put(std::size_t place, const entry& e) noexcept;
  /// Puts the entry where it belongs, from the place, which is free.
  void settle(std::size_t place, const entry& e) noexcept;
  std::size_t first_of_children(std::size_t place) const noexcept;

  std::vector<entry> heap_;
  std::uint64_t sequence_ = 0;
  time_point fired_until_ = time_point::min();
};

}  // namespace tenure::runtime
