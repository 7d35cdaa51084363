// A slot is a term as an election's is: what its holder asks for, its session, and what outlives
// what.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "semaphore_fixture.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

elections_options lively(duration liveness = 1s) {
  elections_options options;
  options.name("lively");
  options.liveness(liveness);
  return options;
}

std::string services(election_fixture& b) { return b.ask("GET", "/v1/agent/services").body; }

}  // namespace

TEST_CASE("a slot's proclaim goes on when its caller is cancelled") {
  election_fixture b;
  process& p = b.add();
  semaphore s = p.elections->contend(prefix, 2, quick());
  term t = take(b, s);
  int tries = 0;
  p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    return claims(r) && ++tries < 4 ? fate(mishap::reset_before) : fate(1ms, 1ms);
  };
  running<bool> proclaiming(b.rt, truly(t.proclaim("you")));
  b.rt.advance(20ms);
  REQUIRE_FALSE(proclaiming.done());
  proclaiming.cancel();
  b.rt.advance(20ms);
  REQUIRE(proclaiming.error() == asio::error::operation_aborted);
  b.rt.advance(3s);
  CHECK(has(b.key(prefix + "/" + t.session()), "eW91"));
  // The turn to write was given back.
  leader_writes w;
  w.set("x/1", "a");
  running<bool> writing(b.rt, truly(t.write(w)));
  b.rt.advance(1s);
  CHECK(writing.done());
  CHECK_FALSE(writing.error());
  b.shut_down();
}

TEST_CASE("a proclaim ends with its slot, and the next one takes its turn") {
  election_fixture b;
  process& p = b.add();
  semaphore s = p.elections->contend(prefix, 1, quick());
  term t = take(b, s);
  p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    return claims(r) ? fate(mishap::silent_before) : fate(1ms, 1ms);
  };
  running<bool> proclaiming(b.rt, truly(t.proclaim("you")));
  b.rt.advance(1s);
  CHECK(b.rt.run(t.resign()) == end_reason::resigned);
  b.rt.advance(1ms);
  REQUIRE(proclaiming.done());
  CHECK(proclaiming.error() == errc::not_leading);
  p.reconnect();
  term next = take(b, s);
  running<bool> again(b.rt, truly(next.proclaim("them")));
  b.rt.advance(1s);
  CHECK(again.done());
  CHECK_FALSE(again.error());
  b.shut_down();
}

TEST_CASE("a holder that had to stop for want of a proof ends as expired") {
  election_fixture b;
  process& p = b.add();
  semaphore s = p.elections->contend(prefix, 1, quick());
  term t = take(b, s);
  p.cut_off();
  b.rt.run(t.stop_requested());
  REQUIRE(t.holds());
  p.reconnect();
  CHECK(b.rt.run(t.resign()) == end_reason::expired);
  b.shut_down();
}

TEST_CASE("a semaphore's session is bound to the process's liveness, and nothing is left of it") {
  election_fixture b;
  process& p = b.add(lively());
  semaphore s = p.elections->contend(prefix, 1, quick());
  CHECK(services(b) == "{}");  // no session before the first acquire()
  term t = take(b, s);
  CHECK(has(services(b), "\"Service\":\"lively\""));
  const std::string info = b.ask("GET", "/v1/session/info/" + t.session()).body;
  CHECK(has(info, "\"NodeChecks\":[],\"ServiceChecks\":[{\"ID\":"));
  CHECK(has(info, " span=5000ms"));
  CHECK(has(info, "\"Behavior\":\"delete\""));
  CHECK(b.rt.run(t.resign()) == end_reason::resigned);
  b.rt.advance(1s);
  CHECK(b.agent.handler().sessions() == 1);  // for a span, or until it has left
  running<bool> leaving(b.rt, truly(s.leave()));
  b.rt.advance(1s);
  CHECK(leaving.done());
  CHECK(b.agent.handler().sessions() == 0);
  CHECK(services(b) == "{}");
  b.shut_down();
}

TEST_CASE("with liveness a crashed holder's slot is taken a liveness and a span later") {
  election_fixture b;
  process& p = b.add(lively());
  process& q = b.add(lively());
  semaphore one = p.elections->contend(prefix, 1, quick());
  semaphore two = q.elections->contend(prefix, 1, quick("next"));
  term t = take(b, one);
  running<term> waiting(b.rt, two.acquire());
  b.rt.advance(3s);
  REQUIRE_FALSE(waiting.done());
  const time_point crashed = b.rt.now();
  const time_point lease_end = t.valid_until();
  p.cut_off();
  REQUIRE(b.rt.run_until([&] { return waiting.done(); }, 60s));
  CHECK(b.rt.now() >= lease_end);
  CHECK(b.rt.now() - crashed < 7s);
  CHECK_FALSE(t.holds());
  b.shut_down();
}

TEST_CASE("a semaphore's handle may outlive its elections object") {
  election_fixture b;
  process& p = b.add();
  std::optional<semaphore> s(p.elections->contend(prefix, 1, quick()));
  const bool held = GENERATE(false, true);
  term t = held ? take(b, *s) : term();
  const bool shut_down = GENERATE(false, true);
  if (held && shut_down) b.rt.run(t.resign());
  if (shut_down) b.rt.run(p.elections->shut_down());
  p.elections.reset();
  p.engine.reset();
  b.rt.advance(30s);
  CHECK_FALSE(t.holds());
  CHECK(s->prefix() == prefix);
  CHECK(s->occupied() == 0);
  CHECK_FALSE(s->current().holds());
  running<term> refused(b.rt, s->acquire());
  b.rt.advance(1s);
  CHECK(refused.error() == errc::shut_down);
  s.reset();
  b.rt.advance(1s);
  CHECK(b.agent.handler().sessions() <= 1);
  b.processes.clear();
}
