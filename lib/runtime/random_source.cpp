// xoshiro256** by Blackman and Vigna, seeded through splitmix64: fast, small, and the same numbers
// everywhere, which the distributions of the standard library do not promise.
#include "runtime/random_source.hpp"

#include <sys/random.h>

#include <array>
#include <bit>
#include <boost/system/system_error.hpp>
#include <cerrno>

namespace tenure::runtime {
namespace {

class xoshiro final : public random_source {
 public:
  explicit xoshiro(std::uint64_t seed) noexcept {
    for (std::uint64_t& word : state_) {
      seed += 0x9e3779b97f4a7c15;  // splitmix64: never leaves all words zero
      std::uint64_t mixed = seed;
      mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
      mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
      word = mixed ^ (mixed >> 31);
    }
  }

  std::uint64_t next() noexcept override {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

 private:
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace

std::uint64_t random_source::below(std::uint64_t bound) noexcept {
  if (bound == 0) return 0;
  // The numbers under `uneven` would make the low results likelier: draw again.
  const std::uint64_t uneven = (0 - bound) % bound;
  for (;;) {
    const std::uint64_t drawn = next();
    if (drawn >= uneven) return drawn % bound;
  }
}

duration random_source::jitter(duration most) noexcept {
  if (most <= duration::zero()) return duration::zero();
  return duration(static_cast<duration::rep>(below(static_cast<std::uint64_t>(most.count()))));
}

std::unique_ptr<random_source> seeded_random(std::uint64_t seed) {
  return std::make_unique<xoshiro>(seed);
}

std::unique_ptr<random_source> system_random() {
  std::uint64_t seed = 0;
  while (::getrandom(&seed, sizeof seed, 0) != sizeof seed)  // at most 256 bytes: all or EINTR
    if (errno != EINTR)
      throw boost::system::system_error(errno, boost::system::system_category(), "getrandom");
  return seeded_random(seed);
}

}  // namespace tenure::runtime
