// Pauses between retries: they double up to a limit and have jitter, so that many candidates do not
// retry at the same time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <tenure/time.hpp>

namespace tenure::core {

class backoff {
 public:
  constexpr backoff(duration first, duration most) noexcept : first_(first), most_(most) {}

  /// The next pause, between half of the current step and all of it, chosen by `random`. Then the
  /// step doubles.
  duration next(std::uint64_t random) noexcept {
    step_ = step_ == duration{0} ? first_ : std::min(step_ * 2, most_);
    const duration half = step_ / 2;
    return half + duration(static_cast<std::int64_t>(
                      random % static_cast<std::uint64_t>(half.count() + 1)));
  }
  void reset() noexcept { step_ = duration{0}; }

 private:
  duration first_;
  duration most_;
  duration step_{0};
};

/// A backoff whose first and longest pause (in milliseconds) are fixed at compile time. It has one
/// byte of state, because every election has three of them.
template <std::int64_t First, std::int64_t Most>
class fixed_backoff {
 public:
  duration next(std::uint64_t random) noexcept {
    const duration most = std::chrono::milliseconds(Most);
    const duration step = std::min<duration>(std::chrono::milliseconds(First << doubled_), most);
    if (step < most) ++doubled_;
    const duration half = step / 2;
    return half + duration(static_cast<std::int64_t>(
                      random % static_cast<std::uint64_t>(half.count() + 1)));
  }
  void reset() noexcept { doubled_ = 0; }

 private:
  std::uint8_t doubled_ = 0;
};

}  // namespace tenure::core
