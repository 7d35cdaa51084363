// Terms: how they begin, how they end, and that the key is released only when the work has stopped.
#include <catch2/catch_test_macros.hpp>

#include "election_fixture.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

const std::string key = "service/a/leader";

candidacy quick(std::string value = "me") {
  return candidacy(std::move(value)).span(5s).ttl(10s).lock_delay(0s);
}

}  // namespace

TEST_CASE("a missing key is won at once, and resigning releases it with an empty value") {
  election_fixture b;
  process& p = b.add();
  election e = p.elections->enter(key, quick());
  const time_point asked = b.rt.now();
  term t = b.lead(e);
  REQUIRE(b.rt.now() == asked);
  REQUIRE(t.holds());
  REQUIRE(t.guarantees(4s));
  REQUIRE_FALSE(t.guarantees(5s));
  REQUIRE(t.fence() > 0);
  REQUIRE(b.key(key).find("\"Session\":\"" + t.session()) != std::string::npos);
  REQUIRE(b.key(key).find("\"Value\":\"bWU=\"") != std::string::npos);
  REQUIRE(b.key(key).find("\"Flags\":3304740253564472344") != std::string::npos);

  REQUIRE(b.rt.run(t.resign()) == end_reason::resigned);
  REQUIRE_FALSE(t.holds());
  REQUIRE(b.rt.now() == asked);
  REQUIRE(b.key(key).find("Session") == std::string::npos);
  REQUIRE(b.key(key).find("\"Value\":\"\"") + b.key(key).find("\"Value\":null") !=
          2 * std::string::npos);
  b.shut_down();
  REQUIRE(b.agent.handler().sessions() == 0);
}

TEST_CASE("after a clean release the next candidate leads at once, with a larger fence") {
  election_fixture b;
  election first = b.add().elections->enter(key, quick("first"));
  election second = b.add().elections->enter(key, quick("second"));
  term t1 = b.lead(first);
  running<term> waiting(b.rt, second.campaign());
  b.rt.advance(60s);
  REQUIRE_FALSE(waiting.done());
  REQUIRE(t1.holds());
  const time_point released = b.rt.now();
  REQUIRE(b.rt.run(t1.resign()) == end_reason::resigned);
  b.rt.run_until([&] { return waiting.done(); });
  REQUIRE(b.rt.now() - released < 20ms);
  REQUIRE(waiting.value().fence() > t1.fence());
  b.shut_down();
}

TEST_CASE("a destroyed session ends the term, and the successor waits its quarantine") {
  election_fixture b;
  election first = b.add().elections->enter(key, quick("first"));
  election second = b.add().elections->enter(key, quick("second"));
  term t1 = b.lead(first);
  second.stand();
  b.rt.advance(1s);
  const time_point destroyed = b.rt.now();
  b.ask("PUT", "/v1/session/destroy/" + t1.session());
  b.rt.run_until_idle();
  REQUIRE_FALSE(t1.holds());
  REQUIRE(t1.reason() == end_reason::session_lost);
  REQUIRE(second.standing() == standing::pending);
  b.rt.run_until([&] { return second.standing() == standing::leading; });
  REQUIRE(b.rt.now() - destroyed == 5s);
  REQUIRE(second.current().fence() > t1.fence());
  b.shut_down();
}

TEST_CASE("cut off from Consul, the term ends by the clock before a successor can lead") {
  election_fixture b;
  process& lone = b.add();
  election first = lone.elections->enter(key, quick("first"));
  election second = b.add().elections->enter(key, quick("second"));
  term t1 = b.lead(first);
  second.stand();
  b.rt.advance(4s);
  lone.cut_off();
  const time_point cut = b.rt.now();
  b.rt.run_until([&] { return t1.reason() != end_reason::none; });
  REQUIRE(t1.reason() == end_reason::expired);
  REQUIRE(b.rt.now() - cut < 5s);
  REQUIRE(second.standing() == standing::candidate);
  // Consul frees the key at twice the TTL, and the successor waits a span from there.
  b.rt.run_until([&] { return second.standing() == standing::leading; });
  REQUIRE(b.rt.now() - cut < 26s);
  REQUIRE(b.rt.now() - cut > 5s);
  b.shut_down();
}

TEST_CASE("a failed proof is made up for within the lease") {
  election_fixture b;
  process& p = b.add();
  election e = p.elections->enter(key, quick());
  term t = b.lead(e);
  int failures = 0;
  p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    const bool proof = r.target.find("/v1/txn") == 0;
    return fate(proof && ++failures < 3 ? mishap::reset_before : mishap::none);
  };
  b.rt.advance(30s);
  REQUIRE(failures >= 3);
  REQUIRE(t.holds());
  b.shut_down();
}

TEST_CASE("what an operator does to a held key ends the term, for the right reason") {
  election_fixture b;
  election e = b.add().elections->enter(key, quick());
  term t = b.lead(e);
  b.rt.advance(1s);
  end_reason expected = end_reason::none;
  SECTION("a plain PUT") {
    b.ask("PUT", "/v1/kv/" + key, "other");
    expected = end_reason::overwritten;
  }
  SECTION("a DELETE") {
    b.ask("DELETE", "/v1/kv/" + key);
    expected = end_reason::key_missing;
  }
  SECTION("a forced release") {
    b.ask("PUT", "/v1/kv/" + key + "?release=" + t.session());
    expected = end_reason::key_released;
  }
  SECTION("depose") {
    process& operator_ = b.add();
    const leader who = b.rt.run(operator_.elections->depose(key));
    REQUIRE(who.value == "me");
    expected = end_reason::key_released;
  }
  SECTION("the session destroyed") {
    b.ask("PUT", "/v1/session/destroy/" + t.session());
    expected = end_reason::session_lost;
  }
  b.rt.run_until_idle();
  REQUIRE_FALSE(t.holds());
  REQUIRE(t.reason() == expected);
  REQUIRE(b.rt.run(t.resign()) == expected);
  b.shut_down();
}

TEST_CASE("a term never comes back: the same candidate stands again for a new one") {
  election_fixture b;
  election e = b.add().elections->enter(key, quick());
  e.stand();
  b.rt.run_until([&] { return e.standing() == standing::leading; });
  term t1 = e.current();
  b.ask("DELETE", "/v1/kv/" + key);
  b.rt.run_until_idle();
  REQUIRE(t1.reason() == end_reason::key_missing);
  b.rt.advance(30s);
  REQUIRE(e.standing() == standing::stopping);  // its work was not said to have stopped
  REQUIRE(b.key(key).empty());
  REQUIRE(b.rt.run(t1.resign()) == end_reason::key_missing);
  b.rt.run_until([&] { return e.standing() == standing::leading; });
  REQUIRE(e.current().fence() > t1.fence());
  REQUIRE_FALSE(t1.holds());
  b.shut_down();
}

TEST_CASE("a second candidate for a key is refused in one process") {
  election_fixture b;
  process& p = b.add();
  election e = p.elections->enter(key, quick());
  error_code why;
  try {
    static_cast<void>(p.elections->enter(key, quick()));
  } catch (const boost::system::system_error& error) {
    why = error.code();
  }
  REQUIRE(why == errc::already_entered);
  REQUIRE_THROWS_AS(p.elections->enter("/" + key, quick()), bad_configuration);
  REQUIRE_THROWS_AS(p.elections->enter("", quick()), bad_configuration);
  b.rt.run(e.leave());
  election again = p.elections->enter(key, quick());
  REQUIRE(b.lead(again).holds());
  b.shut_down();
}

TEST_CASE("a campaign that is cancelled leaves no claim behind") {
  election_fixture b;
  process& p = b.add();
  election e = p.elections->enter(key, quick());
  b.rt.advance(1s);
  p.transport->network = [](runtime::lane, const runtime::http_request& r) {
    return r.target.find("/v1/txn") == 0 ? fate(500ms, 500ms) : fate();
  };
  running<term> campaign(b.rt, e.campaign());
  b.rt.advance(100ms);
  campaign.cancel();
  b.rt.run_until_idle();
  REQUIRE(campaign.error() == asio::error::operation_aborted);
  b.rt.advance(10s);
  REQUIRE(b.key(key).find("Session") == std::string::npos);
  REQUIRE(b.key(key).find("LockIndex\":1") != std::string::npos);  // it had been acquired
  b.shut_down();
}

TEST_CASE("a claim whose answer is lost becomes a term or nothing, never a forgotten lock") {
  election_fixture b;
  process& p = b.add();
  election e = p.elections->enter(key, quick());
  b.rt.advance(1s);
  int claims = 0;
  mishap what = mishap::none;
  SECTION("carried out") { what = mishap::reset_after; }
  SECTION("carried out, and no answer until the deadline") { what = mishap::silent_after; }
  SECTION("never arrived") { what = mishap::silent_before; }
  SECTION("reset") { what = mishap::reset_before; }
  p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    const bool claim = r.body.find("\"lock\"") != std::string::npos;
    return fate(claim && ++claims == 1 ? what : mishap::none);
  };
  term t = b.lead(e);
  REQUIRE(t.holds());
  REQUIRE(b.key(key).find(t.session()) != std::string::npos);
  b.rt.advance(20s);
  REQUIRE(t.holds());
  b.shut_down();
}

TEST_CASE("shutting down resigns, releases and destroys the session") {
  election_fixture b;
  process& p = b.add();
  election e = p.elections->enter(key, quick());
  term t = b.lead(e);
  running<bool> waiting(b.rt, truly(t.stop_requested()));
  running<bool> down(b.rt, truly(p.elections->shut_down()));
  b.rt.run_until_idle();
  REQUIRE(waiting.done());
  REQUIRE_FALSE(down.done());  // the work has not been said to have stopped
  REQUIRE(b.rt.run(t.resign()) == end_reason::shut_down);
  b.rt.run_until([&] { return down.done(); });
  REQUIRE(b.key(key).find("Session") == std::string::npos);
  REQUIRE(b.agent.handler().sessions() == 0);
  REQUIRE(p.engine->shared()->tasks.size() == 0);
  REQUIRE_THROWS_AS(p.elections->enter("other", quick()), boost::system::system_error);
}

TEST_CASE("shutting down ends in bounded time when Consul is gone and no term is resigned") {
  election_fixture b;
  process& p = b.add();
  election e = p.elections->enter(key, quick());
  term t = b.lead(e);
  p.cut_off();
  const time_point asked = b.rt.now();
  running<bool> down(b.rt, truly(p.elections->shut_down()));
  b.rt.run_until([&] { return down.done(); });
  REQUIRE(down.done());
  REQUIRE(b.rt.now() - asked < 45s);
  REQUIRE_FALSE(t.holds());
}
