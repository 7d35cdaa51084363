// Semaphores: never one holder too many, a dead holder's slot only after a span, and the form that
// consul/api reads and writes.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "semaphore_fixture.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

error_code outcome(election_fixture& b, asio::awaitable<void> task) {
  running<bool> r(b.rt, truly(std::move(task)));
  b.rt.run_until([&] { return r.done(); });
  return r.error();
}

leader_writes put(std::string name, std::string value) {
  leader_writes w;
  w.set(std::move(name), std::move(value));
  return w;
}

bool names(election_fixture& b, const std::string& session) {
  // {"Limit":N,"Holders":{"<session>":true}} in base64: so by a read of the raw value.
  const auto r = b.ask("GET", "/v1/kv/" + lock_key + "?raw");
  return r.status == 200 && r.body.find('"' + session + "\":true") != std::string::npos;
}

}  // namespace

TEST_CASE("a semaphore grants as many slots as it has, and the next when one is released") {
  election_fixture b;
  process& p = b.add();
  process& q = b.add();
  semaphore one = p.elections->contend(prefix, 2, quick("one"));
  semaphore two = p.elections->contend(prefix, 2, quick("two"));
  semaphore three = q.elections->contend(prefix, 2, quick("three"));
  term a = take(b, one);
  term c = take(b, two);
  REQUIRE(a.holds());
  REQUIRE(c.holds());
  REQUIRE(a.key() == lock_key);
  REQUIRE(a.session() != c.session());
  REQUIRE(c.fence() > a.fence());
  REQUIRE(names(b, a.session()));
  REQUIRE(names(b, c.session()));
  REQUIRE(b.key(lock_key).find("\"Flags\":" + semaphore_flags) != std::string::npos);
  const std::string own = b.key(prefix + "/" + a.session());
  REQUIRE(own.find("\"Session\":\"" + a.session()) != std::string::npos);
  REQUIRE(own.find("\"Flags\":" + semaphore_flags) != std::string::npos);
  REQUIRE(own.find("b25l") != std::string::npos);
  running<term> waiting(b.rt, three.acquire());
  b.rt.advance(60s);
  REQUIRE_FALSE(waiting.done());
  REQUIRE(a.holds());
  REQUIRE(c.holds());
  REQUIRE(three.occupied() == 2);
  REQUIRE(three.standing() == standing::candidate);
  const time_point asked = b.rt.now();
  REQUIRE(b.rt.run(a.resign()) == end_reason::resigned);
  b.rt.run_until([&] { return waiting.done(); });
  REQUIRE(b.rt.now() - asked < 100ms);
  REQUIRE(waiting.value().fence() > c.fence());
  REQUIRE_FALSE(names(b, a.session()));
  REQUIRE(b.key(prefix + "/" + a.session()).empty());
  term again = waiting.value();
  REQUIRE(b.rt.run(again.resign()) == end_reason::resigned);
  REQUIRE(b.rt.run(c.resign()) == end_reason::resigned);
  // No holder is left: the next may choose another number of slots.
  REQUIRE(b.ask("GET", "/v1/kv/" + lock_key + "?raw").body.empty());
  REQUIRE_FALSE(outcome(b, three.leave()));
  b.shut_down();
  REQUIRE(b.agent.handler().sessions() == 0);
}

TEST_CASE("a slot lasts by proofs, and no longer than its lease") {
  election_fixture b;
  process& p = b.add();
  semaphore s = p.elections->contend(prefix, 1, quick());
  term t = take(b, s);
  b.rt.advance(100s);
  REQUIRE(t.holds());
  REQUIRE(t.guarantees(2s));
  p.cut_off();
  const time_point end = t.valid_until();
  const time_point stop = t.stop_at();
  running<bool> told(b.rt, truly(t.stop_requested()));
  b.rt.run_until([&] { return told.done(); });
  REQUIRE(b.rt.now() >= stop);
  REQUIRE(b.rt.now() <= stop + 10ms);
  REQUIRE(s.standing() == standing::stopping);
  REQUIRE(b.rt.run(t.ended()) == end_reason::expired);
  REQUIRE(b.rt.now() >= end);
  REQUIRE(b.rt.now() <= end + 10ms);
  p.reconnect();
  REQUIRE(b.rt.run(t.resign()) == end_reason::expired);
  b.rt.advance(30s);
  REQUIRE(take(b, s).holds());
  b.shut_down();
}

TEST_CASE("a dead holder's slot is taken a span after it died, and after its lease") {
  election_fixture b;
  process& p = b.add();
  process& q = b.add();
  semaphore one = p.elections->contend(prefix, 1, quick());
  semaphore two = q.elections->contend(prefix, 1, quick());
  term t = take(b, one);
  running<term> waiting(b.rt, two.acquire());
  b.rt.advance(3s);
  p.cut_off();  // it does not hear that its session is gone
  const time_point lease_end = t.valid_until();
  const time_point died = b.rt.now();
  b.ask("PUT", "/v1/session/destroy/" + t.session());
  b.rt.run_until([&] { return waiting.done(); });
  REQUIRE(b.rt.now() - died >= 5s);
  REQUIRE(b.rt.now() - died < 5200ms);
  REQUIRE(b.rt.now() >= lease_end);
  REQUIRE_FALSE(t.holds());
  REQUIRE_FALSE(names(b, t.session()));
  b.shut_down();
}

TEST_CASE("a holder notices what is done to its slot") {
  election_fixture b;
  process& p = b.add();
  semaphore s = p.elections->contend(prefix, 2, quick());
  term t = take(b, s);
  b.rt.advance(2s);
  const std::string contender = prefix + '/' + t.session();
  end_reason why = end_reason::none;
  SECTION("its contender key released by an operator") {
    b.ask("PUT", "/v1/kv/" + contender + "?release=" + t.session());
    why = end_reason::session_lost;
  }
  SECTION("its session destroyed") {
    b.ask("PUT", "/v1/session/destroy/" + t.session());
    why = end_reason::session_lost;
  }
  SECTION("the lock deleted") {
    b.ask("DELETE", "/v1/kv/" + lock_key);
    why = end_reason::key_missing;
  }
  SECTION("pruned by another client") {
    b.ask("PUT", "/v1/kv/" + lock_key + "?flags=" + semaphore_flags,
          R"({"Limit":2,"Holders":{"x":true}})");
    why = end_reason::key_taken;
  }
  SECTION("the lock overwritten") {
    b.ask("PUT", "/v1/kv/" + lock_key, "what is this?");
    why = end_reason::overwritten;
  }
  const time_point done = b.rt.now();
  REQUIRE(b.rt.run(t.ended()) == why);
  REQUIRE(b.rt.now() - done < 100ms);
  REQUIRE_FALSE(t.holds());
  REQUIRE_FALSE(b.rt.run(t.prove()));
  REQUIRE(b.rt.run(t.resign()) == why);
  b.shut_down();
  REQUIRE(b.ask("GET", "/v1/kv/" + contender).status == 404);
}

TEST_CASE("a deleted .lock admits no contender while the lease of its holder runs") {
  election_fixture b;
  process& p = b.add();
  process& q = b.add();
  semaphore one = p.elections->contend(prefix, 1, quick());
  semaphore two = q.elections->contend(prefix, 1, quick());
  term t = take(b, one);
  running<term> waiting(b.rt, two.acquire());
  b.rt.advance(3s);
  p.cut_off();
  const time_point end = t.valid_until();
  b.ask("DELETE", "/v1/kv/" + lock_key);
  b.rt.run_until([&] { return waiting.done(); });
  REQUIRE(b.rt.now() >= end);
  b.shut_down();
}

TEST_CASE("a claim that arrives late takes no slot, though .lock is missing again") {
  election_fixture b;
  process& p = b.add();
  process& q = b.add();
  semaphore late = p.elections->contend(prefix, 1, quick());
  semaphore first = q.elections->contend(prefix, 1, quick());
  p.transport->network = [](runtime::lane, const runtime::http_request& r) {
    return r.body.find("\"cas\"") != std::string::npos ? fate(2s, 0s) : fate();
  };
  running<term> waiting(b.rt, late.acquire());
  b.rt.advance(500ms);
  term t = take(b, first);
  b.rt.advance(500ms);
  q.cut_off();
  b.ask("DELETE", "/v1/kv/" + lock_key);
  p.reconnect();
  b.rt.run_until([&] { return waiting.done(); });
  REQUIRE(b.rt.now() >= t.valid_until());
  b.shut_down();
}

TEST_CASE("a candidate whose contender key is deleted goes on with a new session") {
  election_fixture b;
  semaphore s = b.add().elections->contend(prefix, 1, quick());
  term first = take(b, s);
  const std::string old = first.session();
  b.ask("DELETE", "/v1/kv/" + prefix + "/" + old);
  REQUIRE(b.rt.run(first.ended()) == end_reason::session_lost);
  b.rt.run(first.resign());
  REQUIRE(take(b, s).session() != old);
  REQUIRE(b.ask("GET", "/v1/session/info/" + old).body.find(old) == std::string::npos);
  b.shut_down();
}

TEST_CASE("a process that contends again knows what its leaving candidate sees") {
  election_fixture b;
  process& p = b.add();
  process& q = b.add();
  semaphore holder = q.elections->contend(prefix, 1, quick());
  semaphore leaving = p.elections->contend(prefix, 1, quick());
  p.transport->network = [](runtime::lane, const runtime::http_request& r) {
    return r.body.find("\"cas\"") != std::string::npos ? fate(mishap::reset_before) : fate();
  };
  running<term> waiting(b.rt, leaving.acquire());
  b.rt.advance(1s);
  semaphore again = p.elections->contend(prefix, 1, quick("again"));
  term t = take(b, holder);  // the leaving candidate sees it; the new one does not read yet
  b.rt.advance(500ms);
  q.cut_off();
  b.ask("DELETE", "/v1/kv/" + lock_key);
  waiting.cancel();
  p.reconnect();
  b.rt.run(leaving.leave());
  running<term> next(b.rt, again.acquire());
  b.rt.run_until([&] { return next.done(); });
  REQUIRE(b.rt.now() >= t.valid_until());
  b.shut_down();
}

TEST_CASE("the form is consul/api's, and its contenders count") {
  election_fixture b;
  process& p = b.add();
  const std::string other = b.ask("PUT", "/v1/session/create", R"({"Behavior":"delete"})").body;
  const std::string id = other.substr(other.find(':') + 2, 36);
  b.ask("PUT", "/v1/kv/" + prefix + "/" + id + "?acquire=" + id + "&flags=" + semaphore_flags);
  b.ask("PUT", "/v1/kv/" + lock_key + "?flags=" + semaphore_flags,
        R"({"Limit":2,"Holders":{")" + id + R"(":true}})");
  SECTION("another number of slots is refused while a living holder relies on the old one") {
    semaphore s = p.elections->contend(prefix, 3, quick());
    running<term> waiting(b.rt, s.acquire());
    b.rt.run_until([&] { return waiting.done(); });
    REQUIRE(waiting.error() == errc::bad_argument);
    b.ask("PUT", "/v1/session/destroy/" + id);
    b.rt.advance(20s);
    REQUIRE(take(b, s).holds());
  }
  SECTION("it has its slot, and we have ours") {
    semaphore s = p.elections->contend(prefix, 2, quick());
    semaphore third = p.elections->contend(prefix, 2, quick());
    REQUIRE(take(b, s).holds());
    REQUIRE(names(b, id));
    running<term> waiting(b.rt, third.acquire());
    b.rt.advance(20s);
    REQUIRE_FALSE(waiting.done());
    // It lets go as consul/api does: its name first, then its key.
    b.ask("PUT", "/v1/kv/" + lock_key + "?flags=" + semaphore_flags,
          R"({"Limit":2,"Holders":{")" + s.current().session() + R"(":true}})");
    b.ask("DELETE", "/v1/kv/" + prefix + "/" + id);
    const time_point let_go = b.rt.now();
    b.rt.run_until([&] { return waiting.done(); });
    REQUIRE(b.rt.now() - let_go < 200ms);
  }
  SECTION("what is no semaphore is left alone") {
    b.ask("PUT", "/v1/kv/" + lock_key, "mine");
    semaphore s = p.elections->contend(prefix, 2, quick());
    running<term> waiting(b.rt, s.acquire());
    b.rt.run_until([&] { return waiting.done(); });
    REQUIRE(waiting.error() == errc::bad_argument);
    REQUIRE(b.key(lock_key).find("bWluZQ==") != std::string::npos);
  }
  b.shut_down();
}

TEST_CASE("a claim whose answer is lost leaves no slot behind") {
  election_fixture b;
  process& p = b.add();
  const mishap what = GENERATE(mishap::reset_after, mishap::reset_before, mishap::silent_after);
  int n = 0;
  p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    const bool claim = r.body.find("\"cas\"") != std::string::npos;
    return fate(claim && ++n == 1 ? what : mishap::none);
  };
  semaphore s = p.elections->contend(prefix, 1, quick());
  term t = take(b, s);
  REQUIRE(t.holds());
  REQUIRE(names(b, t.session()));
  REQUIRE(b.rt.run(t.resign()) == end_reason::resigned);
  REQUIRE(b.ask("GET", "/v1/kv/" + lock_key + "?raw").body.empty());
  semaphore other = b.add().elections->contend(prefix, 1, quick());
  REQUIRE(take(b, other).holds());
  b.shut_down();
}

TEST_CASE("a cancelled acquire takes nothing with it") {
  election_fixture b;
  process& p = b.add();
  semaphore s = p.elections->contend(prefix, 1, quick());
  const duration when = GENERATE(0ms, 1ms, 50ms);
  p.transport->network = [](runtime::lane, const runtime::http_request&) {
    return fate(10ms, 10ms);
  };
  running<term> waiting(b.rt, s.acquire());
  b.rt.advance(when);
  waiting.cancel();
  b.rt.run_until([&] { return waiting.done(); });
  REQUIRE(waiting.error() == asio::error::operation_aborted);
  b.rt.advance(1s);
  REQUIRE(b.ask("GET", "/v1/kv/" + lock_key + "?raw").body.empty());
  REQUIRE(b.ask("GET", "/v1/kv/" + prefix + "/?keys").body.find("-") == std::string::npos);
  REQUIRE(s.standing() == standing::watching);
  REQUIRE(take(b, s).holds());
  b.shut_down();
}

TEST_CASE("a slot's holder writes and proclaims; after its loss it does not") {
  election_fixture b;
  process& p = b.add();
  semaphore one = p.elections->contend(prefix, 2, quick());
  semaphore two = p.elections->contend(prefix, 2, quick());
  term t = take(b, one);
  REQUIRE_FALSE(outcome(b, t.write(put("x/1", "a"))));
  term u = take(b, two);  // `.lock` has another index now
  REQUIRE_FALSE(outcome(b, t.write(put("x/1", "b"))));
  REQUIRE_FALSE(outcome(b, u.write(put("x/2", "c"))));
  REQUIRE(outcome(b, t.write(put(lock_key, "x"))) == errc::bad_argument);
  leader_writes below;
  below.remove_below("pool/");
  REQUIRE(outcome(b, t.write(below)) == errc::bad_argument);
  leader_writes conditional;
  conditional.set_if("x/1", "d", 1);
  REQUIRE(outcome(b, t.write(conditional)) == errc::refused);
  REQUIRE_FALSE(outcome(b, t.proclaim("you")));
  REQUIRE(b.key(prefix + "/" + t.session()).find("eW91") != std::string::npos);
  p.transport->network = [](runtime::lane where, const runtime::http_request&) {
    return where == runtime::lane::polls ? fate(mishap::silent_before) : fate();
  };
  b.rt.advance(40s);
  b.ask("PUT", "/v1/kv/" + lock_key + "?flags=" + semaphore_flags, R"({"Limit":2,"Holders":{}})");
  REQUIRE(outcome(b, t.write(put("x/1", "late"))) == errc::not_leading);
  REQUIRE(b.key("x/1").find("\"Value\":\"Yg==\"") != std::string::npos);
  b.rt.run(t.resign());
  REQUIRE(outcome(b, t.write(put("x/1", "late"))) == errc::not_leading);
  b.shut_down();
}
