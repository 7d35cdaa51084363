// The seam for random numbers: all of tenure's come from here, so that a seed replays a run.
#pragma once

#include <cstdint>
#include <memory>
#include <tenure/time.hpp>

namespace tenure::runtime {

class random_source {
 public:
  virtual ~random_source() = default;
  virtual std::uint64_t next() noexcept = 0;

  /// Uniform over [0, bound); 0 for a bound of 0.
  std::uint64_t below(std::uint64_t bound) noexcept;
  /// Uniform over [0, most).
  duration jitter(duration most) noexcept;
};

/// A xoshiro256** generator with this seed. Not for secrets.
std::unique_ptr<random_source> seeded_random(std::uint64_t seed);
/// The same, seeded by getrandom(2).
std::unique_ptr<random_source> system_random();

}  // namespace tenure::runtime
