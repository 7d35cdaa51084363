// When something outside the process may be repaired, and when its service lets an instance stand.
#include <catch2/catch_test_macros.hpp>

#include "sidecar/consul_service/service_gate.hpp"
#include "sidecar/reconcile/reconciler.hpp"

using namespace tenure;
using namespace tenure::sidecar;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{1h};

/// Repairs whenever it may, for that long: something else changes the state at once each time.
unsigned repairs_in(duration length, reconciler& keeper, unsigned& lines) {
  std::uint64_t count = 0;
  for (time_point now = start; now < start + length; now += 50ms) {
    if (!keeper.due(now)) continue;
    if (keeper.repairing(now, count)) ++lines;
    keeper.in_step();
  }
  return static_cast<unsigned>(count);
}

}  // namespace

TEST_CASE("a failure is tried again after growing pauses, and at once for another wanted state") {
  reconciler keeper({.first = 250ms, .longest = 1s});
  REQUIRE(keeper.due(start));
  keeper.failed(start);
  REQUIRE(keeper.failing());
  REQUIRE(keeper.not_before() == start + 250ms);
  keeper.failed(start + 250ms);
  REQUIRE(keeper.not_before() == start + 750ms);
  keeper.failed(start + 750ms);
  keeper.failed(start + 1750ms);
  REQUIRE(keeper.not_before() == start + 2750ms);
  REQUIRE_FALSE(keeper.due(start + 2s));
  keeper.wanted_changed();
  REQUIRE(keeper.due(start + 2s));
  keeper.in_step();
  REQUIRE_FALSE(keeper.failing());
  keeper.failed(start + 3s);
  REQUIRE(keeper.not_before() == start + 3250ms);
}

TEST_CASE("the first repair delays nothing, a fight slows down, and few lines report it") {
  reconciler keeper({});
  std::uint64_t count = 0;
  REQUIRE_FALSE(keeper.settled());
  keeper.in_step();
  REQUIRE(keeper.settled());
  REQUIRE(keeper.repairing(start - 1h, count));
  REQUIRE(count == 1);
  REQUIRE(keeper.due(start - 1h));
  REQUIRE_FALSE(keeper.contested());

  unsigned lines = 0;
  const unsigned repairs = repairs_in(5min, keeper, lines);
  REQUIRE(repairs > 30);  // at least every ten seconds
  REQUIRE(repairs < 40);
  REQUIRE(keeper.contested());
  REQUIRE(lines == 3);
  keeper.wanted_changed();  // the end of a term does not wait for the pause
  REQUIRE(keeper.due(start + 5min));
  REQUIRE_FALSE(keeper.settled());
}

TEST_CASE("a scheduler that restores its version every 30 s is repaired at once, and reported") {
  reconciler keeper({});
  std::uint64_t count = 0;
  unsigned lines = 0;
  for (int i = 0; i < 120; ++i) {
    const time_point now = start + i * 30s;
    REQUIRE(keeper.due(now));
    if (keeper.repairing(now, count)) ++lines;
    keeper.in_step();
  }
  REQUIRE(count == 120);
  REQUIRE(keeper.contested());
  REQUIRE(lines >= 6);
  REQUIRE(lines <= 10);
  REQUIRE(keeper.repairing(start + 3h, count));  // a quiet time later it begins anew
  REQUIRE_FALSE(keeper.contested());
}

TEST_CASE("an instance stands when its service is found and its checks pass") {
  service_gate gate(health_use::gates);
  REQUIRE(gate.reason(start, false) == "waiting for the service");
  gate.found();
  REQUIRE_FALSE(gate.open(start, false));
  REQUIRE_FALSE(gate.known());
  gate.critical(start, "disk");  // as a check is when it is registered
  REQUIRE(gate.reason(start, false) == "the service is critical");
  REQUIRE(gate.checks() == "disk");
  gate.passing(start + 1s);
  REQUIRE(gate.open(start + 1s, false));
  REQUIRE(gate.checks().empty());

  service_gate careless(health_use::ignored);
  REQUIRE_FALSE(careless.open(start, false));
  careless.found();
  REQUIRE(careless.open(start, false));
}

TEST_CASE("a missing service keeps a candidate from standing at once, a leader after 5 s") {
  service_gate gate(health_use::gates);
  gate.found();
  gate.passing(start);
  gate.missing(start);
  REQUIRE(gate.reason(start, false) == "the service is deregistered");
  REQUIRE(gate.open(start + 4s, true));
  gate.missing(start + 4s);  // no new beginning
  REQUIRE_FALSE(gate.open(start + 5s, true));
  gate.found();
  REQUIRE(gate.open(start + 6s, true));  // its health is not known yet: the leader stays
  REQUIRE_FALSE(gate.open(start + 6s, false));
  gate.passing(start + 6s);
  REQUIRE(gate.open(start + 6s, false));
}

TEST_CASE("an instance whose checks flap waits longer each time") {
  service_gate gate(health_use::gates);
  gate.found();
  gate.passing(start);
  time_point now = start;
  duration longest{0};
  for (int i = 0; i < 12; ++i) {
    gate.critical(now, "disk");
    REQUIRE_FALSE(gate.open(now, true));
    now += 1s;
    gate.passing(now);
    REQUIRE(gate.open(now, false) == (i == 0));
    const time_point passing_since = now;
    while (!gate.open(now, false)) now += 500ms;
    longest = std::max<duration>(longest, now - passing_since);
  }
  REQUIRE(longest == 1min);
  gate.critical(now + 10min, "disk");
  gate.passing(now + 11min);
  REQUIRE(gate.open(now + 11min, false));
}
