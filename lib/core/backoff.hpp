// Pauses between tries: doubling, capped, with jitter, so that many candidates do not knock at
// once.
#pragma once

#include <algorithm>
#include <cstdint>
#include <tenure/time.hpp>

namespace tenure::core {

class backoff {
 public:
  constexpr backoff(duration first, duration most) noexcept : first_(first), most_(most) {}

  /// The next pause: between half of the current step and all of it, as `random` says; then the
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

}  // namespace tenure::core
