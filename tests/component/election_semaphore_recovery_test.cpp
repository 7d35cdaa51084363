// Semaphores after faults and operators: whose slot counts for how long, and which session may take
// one again.
#include <catch2/catch_test_macros.hpp>

#include "semaphore_fixture.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

/// As a restored snapshot does: the session has a slot again.
void restore_slot(election_fixture& b, const std::string& session) {
  const std::string path = "/v1/kv/" + prefix + "/" + session;
  b.ask("PUT", path + "?acquire=" + session + "&flags=" + semaphore_flags);
  b.ask("PUT", "/v1/kv/" + lock_key + "?flags=" + semaphore_flags,
        R"({"Limit":1,"Holders":{")" + session + R"(":true}})");
}

}  // namespace

TEST_CASE("a contender with another number of slots waits for the lease of a dead holder") {
  election_fixture b;
  process& p = b.add();
  process& q = b.add();
  semaphore alone = p.elections->contend(prefix, 1, quick());
  semaphore of_three = q.elections->contend(prefix, 3, quick());
  term t = take(b, alone);
  p.cut_off();
  b.ask("PUT", "/v1/session/destroy/" + t.session());
  const time_point end = t.valid_until();
  REQUIRE(take(b, of_three).holds());
  REQUIRE(b.rt.now() >= end);
  b.shut_down();
}

TEST_CASE("a new candidate of a process knows what the process has seen of the semaphore") {
  election_fixture b;
  process& p = b.add();
  process& q = b.add();
  semaphore holder = q.elections->contend(prefix, 1, quick());
  semaphore first = p.elections->contend(prefix, 1, quick());
  term t = take(b, holder);
  running<term> waiting(b.rt, first.acquire());
  b.rt.advance(1s);
  semaphore second = p.elections->contend(prefix, 1, quick());
  q.cut_off();
  const time_point end = t.valid_until();
  b.ask("DELETE", "/v1/kv/" + lock_key);
  waiting.cancel();
  b.rt.run(first.leave());
  REQUIRE(take(b, second).holds());
  REQUIRE(b.rt.now() >= end);
  b.shut_down();
}

TEST_CASE("a session whose slot was taken from it unseen takes no other") {
  election_fixture b;
  process& p = b.add();
  process& q = b.add();
  semaphore one = p.elections->contend(prefix, 1, quick().ttl(60s));
  semaphore two = q.elections->contend(prefix, 1, quick());
  term t = take(b, one);
  const std::string old = t.session();
  running<term> waiting(b.rt, two.acquire());
  b.rt.advance(500ms);
  p.cut_off();
  b.ask("DELETE", "/v1/kv/" + prefix + "/" + old);
  b.rt.run_until([&] { return waiting.done(); });
  term second = waiting.value();
  b.rt.run(second.resign());
  p.reconnect();
  b.rt.run(t.resign());
  REQUIRE(take(b, one).session() != old);
  b.shut_down();
}

TEST_CASE("a semaphore that nobody waits for keeps no session") {
  election_fixture b;
  process& p = b.add();
  semaphore s = p.elections->contend(prefix, 1, quick());
  term t = take(b, s);
  const std::string old = t.session();
  b.rt.run(t.resign());
  SECTION("for longer than a span") {
    b.rt.advance(4s);
    REQUIRE(b.agent.handler().sessions() == 1);
    b.rt.advance(2s);
    REQUIRE(b.agent.handler().sessions() == 0);
    term next = take(b, s);
    REQUIRE(next.session() != old);
    b.rt.run(next.resign());
  }
  SECTION("so a slot that a restored snapshot gives to it is free again soon") {
    semaphore other = b.add().elections->contend(prefix, 1, quick());
    restore_slot(b, old);
    const time_point restored = b.rt.now();
    term next = take(b, other);
    REQUIRE(b.rt.now() - restored < 11s);
    b.rt.run(next.resign());
  }
  SECTION("but one that is wanted again within the span goes on with it") {
    b.rt.advance(3s);
    term next = take(b, s);
    REQUIRE(next.session() == old);
    b.rt.run(next.resign());
  }
  b.shut_down();
  REQUIRE(b.agent.handler().sessions() == 0);
}

TEST_CASE("a claim without a term goes back so that the next contender need not wait") {
  election_fixture b;
  process& p = b.add();
  process& q = b.add();
  semaphore unlucky = p.elections->contend(prefix, 1, quick());
  semaphore next = q.elections->contend(prefix, 1, quick());
  p.transport->network = [](runtime::lane, const runtime::http_request& r) {
    return r.body.find("\"cas\"") != std::string::npos ? fate(mishap::reset_after) : fate();
  };
  running<term> lost(b.rt, unlucky.acquire());
  b.rt.advance(2ms);
  running<term> waiting(b.rt, next.acquire());
  const time_point asked = b.rt.now();
  b.rt.run_until([&] { return waiting.done(); });
  REQUIRE(b.rt.now() - asked < 2s);
  lost.cancel();
  p.reconnect();
  b.shut_down();
}
