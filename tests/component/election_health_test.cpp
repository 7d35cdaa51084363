// The health gate: an unhealthy process neither leads nor stands.
#include <catch2/catch_test_macros.hpp>

#include "election_adversity.hpp"

using namespace tenure;
using namespace tenure::test;

TEST_CASE("closing the health gate ends the term, after its work, and others lead") {
  election_fixture b;
  election sick = b.add().elections->enter(key, quick());
  election well = b.add().elections->enter(key, quick("other"));
  int at_work = 0;
  int most = 0;
  auto body = [&](term) { return stubborn(b.rt, 700ms, at_work, most); };
  running<end_reason> leading(b.rt, sick.lead(std::move(body)));
  b.rt.advance(0s);
  REQUIRE(at_work == 1);
  well.stand();
  b.rt.advance(1s);

  sick.set_healthy(false);
  b.rt.advance(600ms);
  REQUIRE(well.standing() == standing::candidate);  // the body still cleans up
  b.rt.run_until([&] { return leading.done(); });
  REQUIRE(leading.value() == end_reason::health_failed);
  b.rt.advance(10ms);
  REQUIRE(well.standing() == standing::leading);  // a clean release: no quarantine
  b.shut_down();
}

TEST_CASE("while the health gate is closed a campaign waits, and goes on when it opens") {
  election_fixture b;
  election e = b.add().elections->enter(key, quick());
  e.set_healthy(false);
  running<term> campaign(b.rt, e.campaign());
  b.rt.advance(1min);
  REQUIRE_FALSE(campaign.done());
  REQUIRE_FALSE(locked(b));
  e.set_healthy(true);
  b.rt.run_until([&] { return campaign.done(); });
  REQUIRE(campaign.value().holds());
  b.shut_down();
}

TEST_CASE("a candidate within its quarantine releases the key when its health fails") {
  election_fixture b;
  process& first = b.add();
  process& second = b.add();
  election gone = first.elections->enter(key, quick());
  const term lost = b.lead(gone);
  election heir = second.elections->enter(key, quick("heir"));
  heir.stand();
  b.rt.advance(1s);
  b.ask("PUT", "/v1/session/destroy/" + lost.session());
  first.cut_off();
  b.rt.advance(1s);
  REQUIRE(heir.standing() == standing::pending);
  heir.set_healthy(false);
  b.rt.advance(1s);
  REQUIRE(heir.standing() == standing::watching);
  REQUIRE_FALSE(locked(b));
  heir.set_healthy(true);
  b.rt.advance(10s);
  REQUIRE(heir.standing() == standing::leading);
  b.shut_down();
}

TEST_CASE("a body may close its own gate, and end without having waited for anything") {
  election_fixture b;
  election e = b.add().elections->enter(key, quick());
  auto body = [&](term t) -> asio::awaitable<void> {
    e.set_healthy(false);
    co_await t.stop_requested();
  };
  running<end_reason> leading(b.rt, e.lead(std::move(body)));
  b.rt.run_until([&] { return leading.done(); });
  REQUIRE(leading.value() == end_reason::health_failed);
  REQUIRE_FALSE(locked(b));
  b.shut_down();
}
