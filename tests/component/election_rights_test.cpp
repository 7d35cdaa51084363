// A token that lacks a right, loses it during a term, and has it again: one line for each outage,
// and no restart.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "rights_fixture.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

const std::string prefix = "pool/c";

asio::awaitable<void> count_while(manual_runtime& rt, int& running, int& began) {
  ++running;
  ++began;
  try {
    co_await runtime::sleep_until(rt.timers(), time_point::max());
  } catch (const boost::system::system_error&) {
    --running;
    throw;
  }
}

}  // namespace

TEST_CASE("a term that loses its rights ends with its lease; the next needs no restart") {
  rights_fixture b;
  const std::string what = GENERATE("", "/v1/txn", "check-index");
  CAPTURE(what);
  election e = b.p.elections->enter(key, quick());
  e.stand();
  term first = b.lead(e);
  REQUIRE(first.holds());
  const time_point lost_at = b.rt.now();
  b.forbid(what);
  REQUIRE(b.rt.run_until([&] { return first.reason() != end_reason::none; }, 6s));
  CHECK(b.rt.now() - lost_at <= 5s);
  CHECK_FALSE(first.holds());
  b.rt.advance(60s);
  const int rights = what.empty() ? 2 : 1;  // the session's is one
  CHECK(b.log->missing == rights);
  b.allow();
  running<end_reason> resigned(b.rt, first.resign());
  REQUIRE(b.rt.run_until([&] { return e.current() && e.current().holds(); }, 30s));
  CHECK(b.log->missing == rights);
  CHECK(b.log->granted == rights);
  b.shut_down();
}

TEST_CASE("a body is cancelled when its term loses its rights") {
  rights_fixture b;
  election e = b.p.elections->enter(key, quick());
  int running_now = 0;
  int began = 0;
  auto body = [&](term) { return count_while(b.rt, running_now, began); };
  running<end_reason> leads(b.rt, e.lead(body));
  REQUIRE(b.rt.run_until([&] { return running_now == 1; }, 20s));
  b.forbid("");
  REQUIRE(b.rt.run_until([&] { return running_now == 0; }, 6s));
  REQUIRE(b.rt.run_until([&] { return leads.done(); }, 11s));  // the key cannot be released
  CHECK(leads.value() == end_reason::expired);
  running<end_reason> refused(b.rt, e.lead(body));
  REQUIRE(b.rt.run_until([&] { return refused.done(); }, 10s));
  CHECK(refused.error() == consul_errc::forbidden);
  b.allow();
  running<end_reason> again(b.rt, e.lead(body));
  REQUIRE(b.rt.run_until([&] { return running_now == 1; }, 30s));
  CHECK(began == 2);
  CHECK(b.log->missing >= 1);
  again.cancel();
  b.shut_down();
}

TEST_CASE("a slot that loses its rights ends with its lease, and acquire() has one again") {
  rights_fixture b;
  const mishap how = GENERATE(mishap::forbidden, mishap::hidden);
  semaphore s = b.p.elections->contend(prefix, 1, quick());
  running<term> first(b.rt, s.acquire());
  REQUIRE(b.rt.run_until([&] { return first.done(); }, 20s));
  term slot = first.value();
  b.forbid("", how);
  REQUIRE(b.rt.run_until([&] { return slot.reason() != end_reason::none; }, 6s));
  running<end_reason> resigned(b.rt, slot.resign());
  b.rt.advance(1s);
  running<term> refused(b.rt, s.acquire());
  REQUIRE(b.rt.run_until([&] { return refused.done(); }, 10s));
  CHECK(refused.error() == consul_errc::forbidden);
  b.rt.advance(60s);
  b.allow();
  running<term> again(b.rt, s.acquire());
  REQUIRE(b.rt.run_until([&] { return again.done(); }, 30s));
  REQUIRE_FALSE(again.error());
  CHECK(again.value().holds());
  b.shut_down();
}

// The holder lives on, and one of the contenders sees an empty prefix for longer than a span.
TEST_CASE("a candidate for a slot does not take hidden holders for dead") {
  rights_fixture b;
  process& holder = b.add();
  semaphore held = holder.elections->contend(prefix, 1, quick());
  running<term> slot(b.rt, held.acquire());
  REQUIRE(b.rt.run_until([&] { return slot.done(); }, 20s));
  semaphore s = b.p.elections->contend(prefix, 1, quick());
  running<term> waiting(b.rt, s.acquire());
  b.rt.advance(5s);
  b.forbid("recurse", mishap::hidden);
  b.rt.advance(60s);
  CHECK_FALSE(waiting.done());
  b.allow();
  b.rt.advance(60s);
  CHECK_FALSE(waiting.done());
  CHECK(slot.value().holds());
  term its_slot = slot.value();
  running<end_reason> resigned(b.rt, its_slot.resign());
  REQUIRE(b.rt.run_until([&] { return waiting.done(); }, 30s));
  b.shut_down();
}

TEST_CASE("a missing right is one line, however often the session is tried") {
  rights_fixture b;
  b.forbid("session/create");
  election e = b.p.elections->enter(key, quick());
  e.stand();
  b.rt.advance(60s);
  CHECK(b.log->warnings == 1);
  CHECK(has(b.log->last, "PUT /v1/session/create at 127.0.0.1:8500: the token lacks session:write "
                         "(session_prefix \"\" { policy = \"write\" })"));
  CHECK(e.last_error() == consul_errc::forbidden);
  b.allow();
  REQUIRE(b.rt.run_until([&] { return e.current() && e.current().holds(); }, 20s));
  CHECK(b.log->granted == 1);
  b.forbid("session/renew");
  b.rt.advance(8s);
  CHECK(b.log->missing == 2);
  b.shut_down();
}

TEST_CASE("an election that is left while the token may not release it is released once it may") {
  rights_fixture b;
  election other = b.p.elections->enter("service/other/leader", quick());
  const term kept = b.lead(other);
  std::optional<election> e = b.p.elections->enter(key, quick());
  const term t = b.lead(*e);
  b.forbid(key);
  running<bool> leaving(b.rt, truly(e->leave()));
  REQUIRE(b.rt.run_until([&] { return leaving.done(); }, 15s));  // it does not wait for the right
  b.rt.advance(60s);
  REQUIRE(locked(b));
  SECTION("released") {
    b.allow();
    b.rt.advance(60s);
    CHECK_FALSE(locked(b));
  }
  SECTION("entered again meanwhile") {
    e.emplace(b.p.elections->enter(key, quick()));
    b.allow();
    const term next = b.lead(*e);
    CHECK(next.holds());
  }
  CHECK_FALSE(t.holds());
  CHECK(kept.holds());
  b.shut_down();
}
