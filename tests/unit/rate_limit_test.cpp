// Requests a second for each address.
#include <catch2/catch_test_macros.hpp>

#include "wire/rate_limit.hpp"

namespace tenure::test {
namespace {

using namespace std::chrono_literals;

const time_point start = time_point() + 1h;

int taken(wire::rate_limit& limit, const std::string& address, time_point at, int tries) {
  int count = 0;
  for (int i = 0; i < tries; ++i) count += limit.take(address, at) ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("a burst up to the limit, then the limit a second") {
  wire::rate_limit limit(10);
  CHECK(taken(limit, "a", start, 100) == 10);
  CHECK(taken(limit, "a", start + 99ms, 100) == 0);
  CHECK(taken(limit, "a", start + 101ms, 100) == 1);
  CHECK(taken(limit, "a", start + 610ms, 100) == 5);
  CHECK(taken(limit, "a", start + 1h, 100) == 10);
}

TEST_CASE("each address has its own bucket") {
  wire::rate_limit limit(5);
  CHECK(taken(limit, "a", start, 100) == 5);
  CHECK(taken(limit, "b", start, 100) == 5);
}

TEST_CASE("no limit") {
  wire::rate_limit limit(0);
  CHECK(taken(limit, "a", start, 1000) == 1000);
  CHECK(limit.addresses() == 0);
}

TEST_CASE("a clock that steps back gives no tokens") {
  wire::rate_limit limit(5);
  CHECK(taken(limit, "a", start, 100) == 5);
  CHECK(taken(limit, "a", start - 1h, 100) == 0);
}

TEST_CASE("memory is bounded for any number of addresses") {
  wire::rate_limit limit(2);
  for (int i = 0; i < 30'000; ++i) limit.take(std::to_string(i), start);
  CHECK(limit.addresses() <= 10'001);
  // What was quiet for a second is as good as new, and forgotten when there is need.
  CHECK(taken(limit, "another", start + 5s, 10) == 2);
  CHECK(limit.addresses() == 1);
}

}  // namespace tenure::test
