#include "runtime/random_source.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <vector>

namespace {

using namespace tenure;
using namespace std::chrono_literals;

TEST_CASE("a seed replays its numbers, another seed gives others") {
  const auto a = runtime::seeded_random(1);
  const auto b = runtime::seeded_random(1);
  const auto c = runtime::seeded_random(2);
  bool differ = false;
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t drawn = a->next();
    CHECK(drawn == b->next());
    differ = differ || drawn != c->next();
  }
  CHECK(differ);
}

TEST_CASE("the generator is xoshiro256** seeded by splitmix64") {
  // From the authors' reference code, with the state that splitmix64 makes of 0.
  const auto zero = runtime::seeded_random(0);
  CHECK(zero->next() == 0x99ec5f36cb75f2b4);
  CHECK(zero->next() == 0xbf6e1f784956452a);
  CHECK(zero->next() == 0x1a5f849d4933e6e0);
}

TEST_CASE("below() stays below its bound and is uniform") {
  const auto random = runtime::seeded_random(3);
  CHECK(random->below(0) == 0);
  CHECK(random->below(1) == 0);
  std::array<int, 6> dice{};
  for (int i = 0; i < 60'000; ++i) {
    const std::uint64_t thrown = random->below(6);
    REQUIRE(thrown < 6);
    ++dice[thrown];
  }
  for (const int count : dice) CHECK(std::abs(count - 10'000) < 500);
}

TEST_CASE("a bound just above half of all numbers is uniform too") {
  // Without drawing again, the lower half would be twice as likely.
  const auto random = runtime::seeded_random(4);
  const std::uint64_t bound = (std::uint64_t{1} << 63) + (std::uint64_t{1} << 62);
  int low = 0;
  for (int i = 0; i < 30'000; ++i) {
    const std::uint64_t drawn = random->below(bound);
    REQUIRE(drawn < bound);
    if (drawn < bound / 3) ++low;
  }
  CHECK(std::abs(low - 10'000) < 500);
}

TEST_CASE("jitter stays below its limit, and a limit of zero gives zero") {
  const auto random = runtime::seeded_random(5);
  CHECK(random->jitter(0s) == 0s);
  CHECK(random->jitter(-1s) == 0s);
  duration least = 1h;
  duration most = 0s;
  for (int i = 0; i < 1000; ++i) {
    const duration drawn = random->jitter(10ms);
    REQUIRE(drawn >= 0s);
    REQUIRE(drawn < 10ms);
    least = std::min(least, drawn);
    most = std::max(most, drawn);
  }
  CHECK(least < 1ms);
  CHECK(most > 9ms);
}

TEST_CASE("two system generators differ") {
  CHECK(runtime::system_random()->next() != runtime::system_random()->next());
}

}  // namespace
