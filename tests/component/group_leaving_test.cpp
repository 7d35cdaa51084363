// Members that leave their group, shut down, are drained or give up single elections.
#include <catch2/generators/catch_generators.hpp>

#include "group_fixture.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

/// Two members in balance.
class pair : public group_fixture {
 public:
  explicit pair(int elections = 20) : group_fixture(elections) {
    join("a");
    join("b");
    settle();
    REQUIRE(members[0]->leads() == members[1]->leads());
    ledger.reset();
  }
  group_process& a() { return *members[0]; }
  group_process& c() { return *members[1]; }
};

}  // namespace

TEST_CASE("a member that leaves hands over what it leads, and its key goes") {
  pair b;
  const std::string its_key = "jobs/members/" + b.a().session();
  const time_point begin = b.rt.now();
  SECTION("leave") { b.rt.run(b.a().g->leave()); }
  SECTION("the handle is destroyed") { b.a().g.reset(); }
  SECTION("shut-down of the elections object") { b.rt.run(b.a().p.elections->shut_down()); }
  b.rt.advance(1s);
  CHECK(b.rt.now() - begin < 3s);
  CHECK(b.a().leads() == 0);
  CHECK(b.c().leads() == 20);
  CHECK(b.ledger.total() == 10);
  CHECK(b.ledger.longest_gap < 200ms);
  CHECK(b.key(its_key).empty());
  CHECK(b.c().g->members().size() == 1);
  b.end();
}

TEST_CASE("the shut-down waits for a group that is being left") {
  election_fixture b;
  process& p = b.add();
  std::optional<group> joined = p.elections->join("jobs", membership("m", candidacy("m")));
  joined->enter("jobs/a").stand();
  const auto cut = GENERATE(false, true);
  const auto lets_settle = GENERATE(0ms, 3000ms);
  CAPTURE(cut, lets_settle);
  b.rt.advance(lets_settle);
  if (cut) p.cut_off();
  SECTION("by its handle") { joined.reset(); }
  SECTION("by a coroutine") {
    asio::co_spawn(b.rt.executor(), joined->leave(), asio::detached);
    b.rt.advance(1ms);
    joined.reset();
  }
  const std::weak_ptr<impl::context> context = p.engine->shared();
  b.rt.run(p.elections->shut_down());
  p.elections.reset();
  p.engine.reset();
  b.rt.advance(0ms);
  CHECK(context.expired());
}

TEST_CASE("the notices of members that have left do not pile up") {
  pair b;
  const std::string prefix = "jobs/handed/" + b.a().session() + "/";
  const auto kept = [&] {
    const auto keys = b.ask("GET", "/v1/kv/" + prefix + "?keys");
    return std::count(keys.body.begin(), keys.body.end(), ',') + 1;
  };
  std::size_t removals = 0;
  b.a().p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    const bool removes = has(r.body, "\"delete\"");
    if (removes && ++removals == 1) return fate(mishap::forbidden);
    return fate();
  };
  for (int i = 0; i < 100; ++i) b.put(prefix + std::to_string(i), "");
  b.rt.advance(10s);
  CHECK(removals == 1);
  CHECK(kept() > 100);
  b.rt.advance(2min);
  b.put(prefix + "0", "");
  b.rt.advance(2s);
  CHECK(kept() <= 64);
  CHECK(kept() > 30);
  CHECK(removals <= 3);
  CHECK_FALSE(b.key(prefix + "99").empty());
  CHECK_FALSE(b.key(prefix + "0").empty());  // it is one of the newest now
  b.rt.run(b.c().g->leave());
  b.rt.advance(1s);
  CHECK(b.a().leads() == 20);
  CHECK(b.ledger.longest_gap < 200ms);
  b.end();
}

TEST_CASE("a group that was left may be joined again") {
  pair b;
  b.rt.run(b.a().g->leave());
  CHECK_THROWS(b.a().g->enter("jobs/more"));
  CHECK_THROWS(b.a().g->set_weight(1));
  CHECK_NOTHROW(b.a().g->members());
  b.rt.run(b.a().g->leave());
  group again = b.a().p.elections->join("jobs", b.named("a"));
  CHECK_THROWS(b.a().p.elections->join("jobs", b.named("x")));
  election e = again.enter(b.keys[0]);
  b.rt.advance(10s);
  CHECK(again.members().size() == 2);
  b.end();
}

TEST_CASE("the last member that leaves releases what it leads") {
  group_fixture b(10);
  group_process& a = b.join("a");
  b.rt.advance(3s);
  CHECK(a.leads() == 10);
  b.rt.run(a.g->leave());
  for (const std::string& key : b.keys) CHECK_FALSE(has(b.key(key), "\"Session\""));
  b.end();
}

TEST_CASE("a drained member hands over everything, and takes nothing until the drain ends") {
  pair b;
  if (GENERATE(false, true)) b.a().how = manners::ignores;
  b.put("jobs/members/.drained/a", "");
  b.rt.advance(1s);
  CHECK(b.a().leads() == 0);
  CHECK(b.c().leads() == 20);
  CHECK(b.ledger.longest_gap < 200ms);
  CHECK(b.a().status("a").draining);
  CHECK(b.ledger.total() == 10);
  b.c().kill();
  b.rt.advance(20s);
  CHECK(b.a().leads() == 0);
  b.remove("jobs/members/.drained/a");
  b.rt.advance(20s);
  CHECK(b.a().leads() == 20);
  b.end();
}

TEST_CASE("a drained member also gives up what it did not move by choice before") {
  group_fixture b(10);
  group_process& a = b.join(b.named("a").hand_over_limit(5s));
  SECTION("its bodies ignored the request") {
    a.how = manners::ignores;
    b.rt.advance(3s);
    b.join("b");
    b.settle();
    REQUIRE(a.leads() == 10);
  }
  SECTION("the other member gave the elections back") {
    b.rt.advance(3s);
    b.join("b");
    b.settle();
    for (const char* name : {"a", "b"}) {
      b.put(std::string("jobs/members/.drained/") + name, "");
      b.rt.advance(100ms);
    }
    b.rt.advance(2s);
    for (const char* name : {"a", "b"}) b.remove(std::string("jobs/members/.drained/") + name);
    b.rt.advance(6s);
    REQUIRE(b.led() == 10);
  }
  b.put("jobs/members/.drained/a", "");
  b.rt.advance(3s);
  CHECK(a.leads() == 0);
  CHECK(b.led() == 10);
  b.remove("jobs/members/.drained/a");
  b.end();
}

TEST_CASE("an election is not handed to and fro while one member has not read the end of a drain") {
  pair b;
  const bool both = GENERATE(false, true);
  const std::string folder = "jobs/members/.drained/";
  b.put(folder + "a", "");
  b.rt.advance(1s);
  REQUIRE(b.c().leads() == 20);
  // The next polls of its group watch are answered late.
  b.a().p.transport->network = [](runtime::lane, const runtime::http_request& r) {
    return has(r.target, "jobs/members/") ? fate(0s, 30s) : fate();
  };
  b.put(folder + "somebody", "");
  b.rt.advance(1s);
  b.ledger.reset();
  b.remove(folder + "a");
  if (both) b.put(folder + "b", "");
  b.rt.advance(15s);
  // Each of the two hands an election on three times at most: it returns, and stays for 5 s.
  CHECK(b.ledger.most() > 1);
  CHECK(b.ledger.most() <= 8);
  b.a().p.reconnect();
  b.settle(40s);
  CHECK(b.led() == 20);
  CHECK(b.a().leads() == (both ? 20 : 10));
  b.end();
}

TEST_CASE("a member with a drain limit asks its bodies, and stops them after that") {
  group_fixture b(20);
  group_process& a = b.join(b.named("a").drain_limit(60s));
  const bool obeys = GENERATE(true, false);
  a.how = obeys ? manners::obeys : manners::ignores;
  if (obeys) a.cleanup = 20s;
  b.rt.advance(3s);
  REQUIRE(a.leads() == 20);
  group_process& c = b.join("b");
  b.ledger.reset();
  SECTION("a drain") { b.put("jobs/members/.drained/a", ""); }
  SECTION("weight 0") { a.g->set_weight(0); }
  SECTION("capacity 0") { a.g->set_capacity(0); }
  b.rt.advance(18s);
  CHECK(a.leads() == 20);  // the lease of a few seconds is proven while they work
  b.rt.advance(5s);
  CHECK(a.leads() == (obeys ? 0 : 20));
  CHECK(c.leads() == (obeys ? 20 : 0));
  b.rt.advance(45s);
  CHECK(a.leads() == 0);
  CHECK(c.leads() == 20);
  CHECK(b.ledger.total() == 20);
  b.end();
}

TEST_CASE("a drain that ends leaves an election with the body that was asked") {
  group_fixture b(20);
  group_process& a = b.join(b.named("a").drain_limit(60s));
  a.how = manners::ignores;
  b.rt.advance(3s);
  b.join("b");
  b.ledger.reset();
  b.put("jobs/members/.drained/a", "");
  b.rt.advance(10s);
  b.remove("jobs/members/.drained/a");
  b.rt.advance(3min);
  CHECK(a.leads() == 20);
  CHECK(b.ledger.total() == 0);
  b.end();
}

TEST_CASE("an election that its leader leaves is released, and another member leads it") {
  pair b;
  const auto led = std::ranges::find_if(b.a().elections, [](const auto& e) {
    return e->standing() == standing::leading;
  });
  const std::string key = (*led)->key();
  b.rt.run((*led)->leave());
  b.rt.advance(300ms);
  CHECK(b.c().status("a").entered == 19);  // so that it is not given back
  b.rt.advance(5s);
  CHECK(b.c().at(key).standing() == standing::leading);
  CHECK(b.led() == 20);
  b.end();
}

TEST_CASE("a closed health gate hands the election over") {
  pair b;
  const auto led = std::ranges::find_if(b.a().elections, [](const auto& e) {
    return e->standing() == standing::leading;
  });
  (*led)->set_healthy(false);
  b.rt.advance(1s);
  CHECK(b.c().at((*led)->key()).standing() == standing::leading);
  CHECK(b.ledger.longest_gap < 200ms);
  b.rt.advance(10min);
  CHECK(b.led() == 20);
  CHECK(b.ledger.total() < 10);
  b.end();
}

TEST_CASE("in a rolling restart nothing is released, and the group ends in balance") {
  group_fixture b(30);
  for (const char* name : {"a", "b", "c"}) b.join(name);
  b.settle();
  b.ledger.reset();
  for (std::size_t i = 0; i < 3; ++i) {
    const std::string name = b.members[i]->name;
    b.rt.run(b.members[i]->p.elections->shut_down());
    b.rt.advance(500ms);
    CHECK(b.led() == 30);
    b.join(name);
    b.rt.advance(3s);
  }
  b.settle();
  for (std::size_t i = 3; i < 6; ++i) CHECK(b.members[i]->leads() == 10);
  CHECK(b.ledger.longest_gap < 200ms);
  CHECK(b.ledger.total() <= 60);
  b.end();
}

TEST_CASE("a session of a member that has left gets no more keys") {
  group_fixture b(10);
  group_process& a = b.join("a");
  group_process& c = b.join("b");
  b.settle();
  const std::string before = a.session();
  b.rt.run(a.g->leave());
  CHECK(b.ask("GET", "/v1/session/info/" + before).body == "[]");
  b.rt.advance(1s);
  CHECK(c.leads() == 10);
  b.end();
}

TEST_CASE("a shut-down in an outage ends in time, and another member takes over") {
  pair b;
  b.a().p.cut_off();
  const time_point begin = b.rt.now();
  b.rt.run(b.a().p.elections->shut_down());
  const consul_config config;
  CHECK(b.rt.now() - begin < 3s + 5s + 2 * config.request_timeout());
  b.rt.advance(60s);
  CHECK(b.c().leads() == 20);
  b.end();
}

// Other members would hand elections to it, for as long as the session lives.
TEST_CASE("a member key of an earlier membership that is written late is deleted") {
  group_fixture b(0);
  process& p = b.add();
  election other = p.elections->enter("other", quick("a"));  // keeps the session
  other.stand();
  group first = p.elections->join("jobs", b.named("a"));
  b.rt.advance(3s);
  REQUIRE(first.members().size() == 1);
  const std::string session = first.members().front().session;
  const std::string document = b.ask("GET", "/v1/kv/jobs/members/" + session + "?raw").body;
  b.rt.run(first.leave());
  group again = p.elections->join(
      "jobs", membership("a", quick("a").ttl(11s)).settling_time(1s));
  b.rt.advance(3s);
  REQUIRE(again.members().size() == 1);
  REQUIRE(again.members().front().session != session);
  b.put("jobs/handed/" + session + "/", "");
  const runtime::http_response late =
      b.ask("PUT", "/v1/kv/jobs/members/" + session + "?acquire=" + session, document);
  REQUIRE(has(late.body, "true"));
  b.rt.advance(3s);
  CHECK_FALSE(has(b.key("jobs/members/" + session), session));
  CHECK(b.key("jobs/handed/" + session + "/").empty());
  CHECK(again.members().size() == 1);
  b.end();
}

// The session is the same, and so is the key: what the first membership still has to delete is the
// second one's now.
TEST_CASE("a group that was left in an outage is joined again") {
  group_fixture b(0);
  process& p = b.add({}, consul_config().request_timeout(2s));
  election other = p.elections->enter("other", quick("a").ttl(60s));  // keeps the session
  other.stand();
  const membership how = membership("a", quick("a").ttl(60s)).settling_time(1s);
  group first = p.elections->join("jobs", how);
  b.rt.advance(3s);
  REQUIRE(first.members().size() == 1);
  const std::string session = first.members().front().session;
  p.cut_off();
  b.rt.run(first.leave());
  group again = p.elections->join("jobs", how);
  p.reconnect();
  for (int second = 0; second < 20; ++second) {
    b.rt.advance(1s);
    CHECK(has(b.key("jobs/members/" + session), session));
    CHECK_FALSE(b.key("jobs/handed/" + session + "/").empty());
  }
  REQUIRE(again.members().size() == 1);
  CHECK(again.members().front().session == session);
  b.rt.run(again.leave());
  CHECK(b.key("jobs/members/" + session).empty());
  b.end();
}

TEST_CASE("events go on until a shut-down has ended") {
  election_fixture b;
  process& p = b.add();
  elections& all = *p.elections;
  group g = all.join("jobs", group_fixture::named("a"));
  election e = g.enter("jobs/1");
  e.stand();
  event last = b.rt.run(all.next_event());
  while (last.standing != standing::leading) last = b.rt.run(all.next_event());
  running<bool> down(b.rt, truly(all.shut_down()));
  while (last.standing == standing::leading) last = b.rt.run(all.next_event());
  CHECK(last.standing == standing::stopping);
  CHECK_FALSE(down.done());
  b.rt.run(last.term.resign());
  CHECK(b.rt.run_until([&] { return down.done(); }, 5s));
  running<event> next(b.rt, all.next_event());
  CHECK(b.rt.run_until([&] { return next.done(); }, 1s));
  CHECK(next.error());
  b.shut_down();
}
