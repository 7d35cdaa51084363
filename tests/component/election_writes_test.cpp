// What only the leader can do: proclaim, and write under its guard. And what others see of it.
#include <catch2/catch_test_macros.hpp>

#include "election_fixture.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

const std::string key = "service/c/leader";

candidacy quick(std::string value = "me") {
  return candidacy(std::move(value)).span(5s).ttl(10s).lock_delay(0s);
}

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

}  // namespace

TEST_CASE("the leader's writes land, all or none") {
  election_fixture b;
  election e = b.add().elections->enter(key, quick());
  term t = b.lead(e);
  REQUIRE_FALSE(outcome(b, t.write(put("x/1", "one"))));
  REQUIRE(b.key("x/1").find("b25l") != std::string::npos);
  leader_writes two;
  two.set("x/2", "two").set_if("x/1", "new", 1);
  REQUIRE(outcome(b, t.write(two)) == errc::refused);
  REQUIRE(b.key("x/2").empty());
  REQUIRE(t.holds());
  REQUIRE(outcome(b, t.write(put(key, "me"))) == errc::bad_argument);
  leader_writes below;
  below.remove_below("service/");
  REQUIRE(outcome(b, t.write(below)) == errc::bad_argument);
  REQUIRE(outcome(b, t.write(leader_writes())) == errc::bad_argument);
  b.shut_down();
}

TEST_CASE("a deposed leader's write is refused by the server, however late it arrives") {
  election_fixture b;
  process& p = b.add();
  election e = p.elections->enter(key, quick());
  term t = b.lead(e);
  b.rt.advance(1s);
  bool late = true;
  p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    const bool write = r.body.find("eC8x") != std::string::npos ||
                       r.body.find("x/1") != std::string::npos;
    return write && std::exchange(late, false) ? fate(3s, 0s) : fate();
  };
  running<bool> write(b.rt, truly(t.write(put("x/1", "old"))));
  b.rt.advance(1s);
  // The same session loses the key and wins it again while the write is in flight.
  b.ask("PUT", "/v1/kv/" + key + "?release=" + t.session(), "v");
  b.ask("PUT", "/v1/kv/" + key + "?acquire=" + t.session(), "v");
  b.rt.run_until([&] { return write.done(); });
  REQUIRE(write.error() == errc::not_leading);
  REQUIRE(b.key("x/1").empty());
  b.shut_down();
}

TEST_CASE("a proclaim replaces the value and keeps the term") {
  election_fixture b;
  process& p = b.add();
  election e = p.elections->enter(key, quick());
  term t = b.lead(e);
  const std::uint64_t fence = t.fence();
  SECTION("plainly") {}
  SECTION("its answer lost after it was carried out") {
    int n = 0;
    p.transport->network = [n](runtime::lane, const runtime::http_request& r) mutable {
      const bool lock = r.body.find("\"lock\"") != std::string::npos;
      return fate(lock && ++n == 1 ? mishap::reset_after : mishap::none);
    };
  }
  SECTION("lost before it arrived") {
    int n = 0;
    p.transport->network = [n](runtime::lane, const runtime::http_request& r) mutable {
      const bool lock = r.body.find("\"lock\"") != std::string::npos;
      return fate(lock && ++n == 1 ? mishap::reset_before : mishap::none);
    };
  }
  REQUIRE_FALSE(outcome(b, t.proclaim("you")));
  REQUIRE(b.key(key).find("\"Value\":\"eW91\"") != std::string::npos);
  REQUIRE(t.holds());
  REQUIRE(t.fence() == fence);
  b.rt.advance(20s);
  REQUIRE(t.holds());
  REQUIRE_FALSE(outcome(b, t.proclaim("you")));  // the same again changes nothing
  REQUIRE(outcome(b, t.proclaim("")) == errc::bad_argument);
  REQUIRE(b.rt.run(t.resign()) == end_reason::resigned);
  REQUIRE(outcome(b, t.proclaim("late")) == errc::not_leading);
  b.shut_down();
}

TEST_CASE("an observer sees each leader, and waits on a missing key") {
  election_fixture b;
  observer o = b.add().elections->observe(key);
  leader who = b.rt.run(o.next());
  REQUIRE_FALSE(who.present());
  running<leader> change(b.rt, o.next());
  b.rt.advance(5s);
  REQUIRE_FALSE(change.done());
  process& p = b.add();
  election e = p.elections->enter(key, quick("first"));
  term t = b.lead(e);
  b.rt.run_until([&] { return change.done(); });
  REQUIRE(change.value().value == "first");
  REQUIRE(change.value().session == t.session());
  REQUIRE(change.value().fence == t.fence());
  REQUIRE_FALSE(outcome(b, t.proclaim("second")));
  who = b.rt.run(o.next());
  REQUIRE(who.value == "second");
  REQUIRE(b.rt.run(p.elections->leader_of(key)).value == "second");
  REQUIRE(b.rt.run(t.resign()) == end_reason::resigned);
  who = b.rt.run(o.next());
  REQUIRE_FALSE(who.present());
  b.shut_down();
}

TEST_CASE("one stream reports every election, newest state only") {
  election_fixture b;
  process& p = b.add();
  election one = p.elections->enter("s/1", quick());
  election two = p.elections->enter("s/2", quick());
  one.stand();
  two.stand();
  b.rt.advance(1s);
  event first = b.rt.run(p.elections->next_event());
  event second = b.rt.run(p.elections->next_event());
  REQUIRE(first.key != second.key);
  REQUIRE(first.standing == standing::leading);
  REQUIRE(second.standing == standing::leading);
  REQUIRE(first.term.holds());
  REQUIRE(first.missed > 0);
  running<event> next(b.rt, p.elections->next_event());
  b.rt.advance(10s);
  REQUIRE_FALSE(next.done());
  b.ask("DELETE", "/v1/kv/s/2");
  b.rt.run_until([&] { return next.done(); });
  REQUIRE(next.value().key == "s/2");
  REQUIRE(next.value().standing == standing::stopping);
  b.rt.run(p.elections->shut_down());
  running<event> after(b.rt, p.elections->next_event());
  b.rt.run_until_idle();
  REQUIRE(after.error() == errc::shut_down);
}

TEST_CASE("elections of a kind share one session, and 64 keys one proof") {
  election_fixture b;
  process& p = b.add();
  std::vector<election> many;
  for (int i = 0; i < 100; ++i) {
    many.push_back(p.elections->enter("m/" + std::to_string(i), quick()));
    many.back().stand();
  }
  b.rt.advance(1s);
  for (election& e : many) REQUIRE(e.standing() == standing::leading);
  REQUIRE(b.agent.handler().sessions() == 1);
  const std::size_t before = p.transport->started(runtime::lane::renewals);
  b.rt.advance(50s);
  for (election& e : many) REQUIRE(e.current().holds());
  REQUIRE(p.transport->peak(runtime::lane::polls) == 1);
  b.ask("DELETE", "/v1/kv/m/77");
  b.rt.run_until_idle();
  REQUIRE_FALSE(many[77].current().holds());
  // 50 s, spans of 5 s and a TTL of 10 s: 32 rounds of 2 proofs, and 15 renewals.
  REQUIRE(p.transport->started(runtime::lane::renewals) - before <= 32 * 2 + 15 + 4);
  b.shut_down();
}
