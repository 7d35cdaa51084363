// When a member executes its voluntary moves: not before the plan has wanted some for a while, and
// then at a rate. No clock.
//
// The wait is for members that see the same at different times. A member whose watch has not shown
// yet that another is drained sees only that it holds too much by now, and would give back what it
// gets. (Found by a random model of a group: without the wait a drain moved up to twice as much.)
#pragma once

#include <algorithm>
#include <cstdint>
#include <tenure/time.hpp>

namespace tenure::core {

/// How long the plan has to want a member's moves before the first. Longer than watches differ.
inline constexpr duration move_patience = std::chrono::milliseconds(500);
/// How long each further member waits before it claims a free key that is for another.
inline constexpr duration claim_handicap = std::chrono::milliseconds(500);

class move_pace {
 public:
  /// `rate`: moves a second, 1 or more. A burst has a tenth of a second's moves, at least one.
  explicit move_pace(std::uint32_t rate) noexcept
      : gap_(std::chrono::duration_cast<duration>(std::chrono::seconds(1)) / rate),
        burst_(std::max<std::uint32_t>(rate / 10, 1)) {}

  /// Whether the plan has moves for this member, after each plan.
  void wanted(bool any, time_point now) noexcept {
    if (!any) {
      from_ = time_point::max();
    } else if (from_ == time_point::max()) {
      from_ = now + move_patience;
    }
  }
  /// How many moves may begin now.
  std::uint32_t allowed(time_point now) const noexcept {
    if (now < from_ || now < next_) return 0;
    if (next_ == time_point::min() || now - next_ >= gap_ * burst_) return burst_;
    return std::min(burst_, static_cast<std::uint32_t>((now - next_) / gap_) + 1);
  }
  /// `count`, of those that are allowed, begin.
  void take(std::uint32_t count, time_point now) noexcept {
    // A bucket that was idle is full, and no fuller.
    const time_point full = now - gap_ * (burst_ - 1);
    next_ = std::max(next_, full) + gap_ * count;
  }
  /// When a move is allowed next; time_point::max(): none is wanted.
  time_point next() const noexcept { return std::max(from_, next_); }

 private:
  duration gap_;
  std::uint32_t burst_;
  time_point from_ = time_point::max();
  time_point next_ = time_point::min();
};

}  // namespace tenure::core
