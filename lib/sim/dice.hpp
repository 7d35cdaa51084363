// A seeded source of a scenario's settings.
#pragma once

#include <cstdint>
#include <memory>
#include <tenure/time.hpp>

#include "runtime/random_source.hpp"

namespace tenure::sim {

class dice {
 public:
  explicit dice(std::uint64_t seed) : random_(runtime::seeded_random(seed)) {}

  bool one_in(std::uint64_t n) { return random_->below(n) == 0; }
  std::uint64_t among(std::uint64_t least, std::uint64_t most) {
    return least + random_->below(most - least + 1);
  }
  duration between(duration least, duration most) {
    using std::chrono::milliseconds;
    return least + milliseconds(random_->below(static_cast<std::uint64_t>(
                       (most - least) / milliseconds(1) + 1)));
  }
  /// 0 in `off` of ten runs, otherwise up to `most`, with a preference for small shares.
  double share(double most, std::uint64_t off = 5) {
    if (random_->below(10) < off) return 0;
    const double parts = static_cast<double>(among(1, 100)) / 100;
    return most * parts * parts;
  }
  /// A mean time between faults; 0 (never) in `off` of ten runs.
  duration every(duration least, duration most, std::uint64_t off = 6) {
    if (random_->below(10) < off) return duration(0);
    return between(least, most);
  }

 private:
  std::unique_ptr<runtime::random_source> random_;
};

}  // namespace tenure::sim
