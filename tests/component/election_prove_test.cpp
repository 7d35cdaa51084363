// A proof on demand: what a promise for the next so many seconds is made of.
#include <catch2/catch_test_macros.hpp>

#include "election_fixture.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

const std::string key = "service/p/leader";

candidacy promising() {
  return candidacy("me").span(48s).ttl(20s).lock_delay(0s);
}

}  // namespace

TEST_CASE("a proof on demand extends the lease at once, between two regular ones") {
  election_fixture b;
  election e = b.add().elections->enter(key, promising());
  term t = b.lead(e);
  b.rt.advance(14s);
  REQUIRE(t.guarantees(30s));
  const time_point before = t.valid_until();
  const time_point asked = b.rt.now();
  REQUIRE(b.rt.run(t.prove()));
  REQUIRE(b.rt.now() - asked < 10ms);
  REQUIRE(t.valid_until() - before == 14s);
  REQUIRE(b.rt.run(t.prove()));  // and again, at the same moment
  b.shut_down();
}

TEST_CASE("a span of 48 s guarantees 30 s at any moment, by its regular proofs alone") {
  election_fixture b;
  election e = b.add().elections->enter(key, promising());
  term t = b.lead(e);
  for (int i = 0; i < 2000; ++i) {
    b.rt.advance(50ms);
    REQUIRE(t.guarantees(30s));
  }
  b.shut_down();
}

TEST_CASE("a proof on demand waits for one that is sent after the call") {
  election_fixture b;
  process& p = b.add();
  election e = p.elections->enter(key, promising());
  term t = b.lead(e);
  b.rt.advance(10s);
  // The first proof's answer takes two seconds. What is asked meanwhile is not answered by it.
  int proofs = 0;
  p.transport->network = [&](runtime::lane where, const runtime::http_request& r) {
    const bool proof =
        where == runtime::lane::renewals && r.target.find("/txn") != std::string::npos;
    return proof && ++proofs == 1 ? fate(0s, 2s) : fate();
  };
  running<bool> first(b.rt, t.prove());
  b.rt.advance(1s);
  const time_point second_asked = b.rt.now();
  running<bool> second(b.rt, t.prove());
  b.rt.run_until([&] { return second.done(); });
  REQUIRE(first.value());
  REQUIRE(second.value());
  REQUIRE(proofs == 2);
  REQUIRE(t.valid_until() - second_asked > 46s);
  b.shut_down();
}

TEST_CASE("a proof on demand detects a lost key, and waits no longer than the lease") {
  election_fixture b;
  process& p = b.add();
  election e = p.elections->enter(key, promising());
  term t = b.lead(e);
  b.rt.advance(1s);
  SECTION("deleted, and no watch shows it yet") {
    p.transport->network = [](runtime::lane where, const runtime::http_request&) {
      return where == runtime::lane::polls ? fate(mishap::silent_before) : fate();
    };
    b.rt.advance(60s);
    b.ask("DELETE", "/v1/kv/" + key);
    const time_point asked = b.rt.now();
    REQUIRE_FALSE(b.rt.run(t.prove()));
    REQUIRE(b.rt.now() - asked < 1s);
    REQUIRE(t.reason() == end_reason::key_missing);
  }
  SECTION("cut off") {
    p.cut_off();
    const time_point end = t.valid_until();
    REQUIRE_FALSE(b.rt.run(t.prove()));
    REQUIRE(b.rt.now() <= end + 1ms);
    REQUIRE(t.reason() == end_reason::expired);
  }
  SECTION("of a term that is over, and of none") {
    b.rt.run(t.resign());
    REQUIRE_FALSE(b.rt.run(t.prove()));
    REQUIRE_FALSE(b.rt.run(term().prove()));
  }
  b.shut_down();
}
