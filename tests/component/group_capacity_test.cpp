// A member never leads more elections than its capacity, whatever others give up at once.
#include <catch2/catch_test_macros.hpp>

#include "group_fixture.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

/// The most elections that the member leads at one moment within that time.
std::size_t most_led(group_fixture& b, const group_process& member, duration within) {
  std::size_t most = 0;
  const time_point until = b.rt.now() + within;
  while (b.rt.now() < until) {
    b.rt.advance(5ms);
    most = std::max(most, member.leads());
  }
  return most;
}

}  // namespace

TEST_CASE("closed health gates give a member no more than it has room for") {
  group_fixture b(20);
  group_process& a = b.join(b.named("a").capacity(12));
  group_process& c = b.join("b");
  b.settle();
  REQUIRE(a.leads() == 10);
  REQUIRE(c.leads() == 10);
  for (const auto& e : c.elections) e->set_healthy(false);
  CHECK(most_led(b, a, 20s) == 12);
  CHECK(a.leads() == 12);
  // Eight wait that the other one does not claim. There is room for one more, and not for all.
  a.g->set_capacity(13);
  CHECK(most_led(b, a, 20s) == 13);
  for (const auto& e : c.elections) e->set_healthy(true);
  b.settle();
  CHECK(a.leads() + c.leads() == 20);
  b.end();
}
