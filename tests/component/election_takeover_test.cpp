// A leader's session dies and deletes its key: the next leader starts one span later.
#include <catch2/catch_test_macros.hpp>
#include <vector>

#include "election_adversity.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

constexpr duration span = 5s;  // of quick()
// For answers, and for the pause of a watch that has read a missing key.
constexpr duration soon = 500ms;

candidacy removing(std::string value) {
  return quick(std::move(value)).behavior(session_behavior::remove).lock_delay(span);
}

/// A leader that hears nothing any more, and a successor.
class takeover {
 public:
  explicit takeover(candidacy leaders = removing("first"))
      : lone(b.add()),
        first(lone.elections->enter(key, std::move(leaders))),
        p(b.add()),
        second(p.elections->enter(key, removing("second"))) {
    blind(lone);
    t1 = b.lead(first);
    second.stand();
    b.rt.advance(1s);
  }

  /// The leader's session dies; its process does not learn of it.
  void die() {
    lone.cut_off();
    b.ask("PUT", "/v1/session/destroy/" + t1.session());
    died = b.rt.now();
  }
  void run_until_led() {
    b.rt.run_until([&] { return second.current().holds(); });
    led = b.rt.now();
  }
  bool placed() { return has(b.key(key), "\"Value\":\"bm8gbGVhZGVy\""); }  // "no leader"

  election_fixture b;
  process& lone;
  election first;
  process& p;
  election second;
  term t1;
  time_point died{};
  time_point led{};
};

std::string session_of(election_fixture& b, const std::string& settings) {
  const std::string made = b.ask("PUT", "/v1/session/create", settings).body;
  return made.substr(made.find("\"ID\":\"") + 6, 36);
}

bool leads(const election& e) { return e.current().holds(); }

}  // namespace

TEST_CASE("a take-over takes one span where the dead session deleted its key") {
  takeover t;
  t.die();
  t.b.rt.advance(1s);
  CHECK(t.placed());
  CHECK_FALSE(locked(t.b));
  t.run_until_led();
  CHECK_FALSE(t.t1.holds());
  CHECK(t.led - t.died >= span);
  CHECK(t.led - t.died < span + soon);
  CHECK(t.second.current().fence() > t.t1.fence());
  t.b.shut_down();
}

TEST_CASE("a take-over after a foreign session that deletes its key takes one span") {
  election_fixture b;
  std::string delay;
  SECTION("with a lock-delay of a millisecond") { delay = "0.001s"; }
  SECTION("without one") { delay = "0s"; }
  const std::string session =
      session_of(b, R"({"Behavior":"delete","LockDelay":")" + delay + "\"}");
  b.ask("PUT", "/v1/kv/" + key + "?acquire=" + session, "foreign");
  election e = b.add().elections->enter(key, removing("me"));
  e.stand();
  b.rt.advance(1s);
  b.ask("PUT", "/v1/session/destroy/" + session);
  const time_point died = b.rt.now();
  b.rt.run_until([&] { return locked(b); });
  CHECK(b.rt.now() - died < soon);  // other contenders do not get it meanwhile
  b.rt.run_until([&] { return leads(e); });
  CHECK(b.rt.now() - died >= span);
  CHECK(b.rt.now() - died < span + soon);
  b.shut_down();
}

TEST_CASE("after a foreign session with a long lock-delay the successor starts when that ends") {
  election_fixture b;
  const std::string session = session_of(b, R"({"Behavior":"delete","LockDelay":"15s"})");
  b.ask("PUT", "/v1/kv/" + key + "?acquire=" + session, "foreign");
  process& p = b.add();
  election e = p.elections->enter(key, removing("me"));
  e.stand();
  b.rt.advance(1s);
  int claimed = 0;
  p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    if (claims(r)) ++claimed;
    return fate();
  };
  b.ask("PUT", "/v1/session/destroy/" + session);
  const time_point died = b.rt.now();
  b.rt.run_until([&] { return leads(e); });
  CHECK(b.rt.now() - died >= 15s);
  CHECK(b.rt.now() - died < 15s + soon);
  CHECK(claimed <= 4);
  b.shut_down();
}

TEST_CASE("of several successors each can use the placeholder of another") {
  takeover t;
  process& q = t.b.add();
  election third = q.elections->enter(key, removing("third"));
  third.stand();
  t.b.rt.advance(1s);
  t.die();
  t.b.rt.advance(1s);
  CHECK(t.placed());
  t.b.rt.run_until([&] { return leads(t.second) || leads(third); });
  CHECK(t.b.rt.now() - t.died >= span);
  CHECK(t.b.rt.now() - t.died < span + soon);
  t.b.shut_down();
}

TEST_CASE("the writer of a placeholder crashes: another candidate takes the key") {
  takeover t;
  t.die();
  t.b.rt.advance(1s);
  REQUIRE(t.placed());
  t.p.cut_off();
  election third = t.b.add().elections->enter(key, removing("third"));
  third.stand();
  const time_point began = t.b.rt.now();
  t.b.rt.run_until([&] { return leads(third); });
  CHECK(t.b.rt.now() - began >= span);
  CHECK(t.b.rt.now() - began < span + soon);
  t.b.shut_down();
}

TEST_CASE("a key with a placeholder has no leader") {
  takeover t;
  observer watching = t.p.elections->observe(key);
  running<leader> before(t.b.rt, watching.next());
  t.b.rt.advance(1s);
  CHECK(before.value().present());
  t.die();
  t.b.rt.advance(1s);
  REQUIRE(t.placed());
  running<leader> after(t.b.rt, watching.next());
  t.b.rt.advance(1s);
  CHECK_FALSE(after.value().present());
  CHECK(after.value().value.empty());
  running<leader> asked(t.b.rt, t.p.elections->leader_of(key));
  t.b.rt.advance(1ms);
  CHECK_FALSE(asked.value().present());
  CHECK(asked.value().value.empty());
  running<std::vector<leader>> all(t.b.rt, t.p.elections->leaders("service/"));
  t.b.rt.advance(1ms);
  REQUIRE(all.value().size() == 1);
  CHECK_FALSE(all.value().front().present());
  CHECK(all.value().front().value.empty());
  REQUIRE(t.second.last_seen());
  CHECK(t.second.last_seen()->value.empty());
  t.b.shut_down();
}

TEST_CASE("a candidate that leaves takes its placeholder with it") {
  takeover t;
  t.die();
  t.b.rt.advance(1s);
  REQUIRE(t.placed());
  SECTION("by leaving") { t.b.rt.run(t.second.leave()); }
  SECTION("by a shutdown") { t.b.rt.run(t.p.elections->shut_down()); }
  SECTION("even after a lost answer") {
    int writes = 0;
    t.p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
      return fate(has(r.body, "\"delete\"") && ++writes == 1 ? mishap::reset_after : mishap::none);
    };
    t.b.rt.run(t.second.leave());
  }
  CHECK(t.b.key(key).empty());
  t.b.shut_down();
}

TEST_CASE("a placeholder whose answer is lost serves as well") {
  takeover t;
  int writes = 0;
  t.p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    return fate(has(r.body, "\"set\"") && ++writes == 1 ? mishap::reset_after : mishap::none);
  };
  t.die();
  t.run_until_led();
  CHECK(writes == 1);
  CHECK(t.led - t.died >= span);
  CHECK(t.led - t.died < span + soon);
  t.b.shut_down();
}

TEST_CASE("a thousand keys that died with their session get their placeholders in bulk") {
  constexpr int keys = 1000;
  const auto name = [](int i) { return "t/" + std::to_string(i) + "/leader"; };
  election_fixture b;
  process& lone = b.add();
  process& p = b.add();
  std::vector<election> first;
  std::vector<election> second;
  for (int i = 0; i < keys; ++i) first.push_back(lone.elections->enter(name(i), removing("first")));
  for (election& e : first) e.stand();
  b.rt.advance(5s);
  REQUIRE(leads(first.back()));
  for (int i = 0; i < keys; ++i) second.push_back(p.elections->enter(name(i), removing("second")));
  for (election& e : second) e.stand();
  b.rt.advance(5s);
  int transactions = 0;
  p.transport->network = [&](runtime::lane where, const runtime::http_request& r) {
    if (where == runtime::lane::requests && r.target == "/v1/txn") ++transactions;
    return fate();
  };
  const std::string session = first.front().current().session();
  lone.cut_off();
  b.ask("PUT", "/v1/session/destroy/" + session);
  const time_point died = b.rt.now();
  b.rt.advance(1s);
  // Claims that the lock-delay refuses, and placeholders: 32 or 64 keys in each.
  CHECK(transactions <= 2 * (keys / 32 + 4));
  b.rt.run_until([&] {
    for (const election& e : second) {
      if (!leads(e)) return false;
    }
    return true;
  });
  CHECK(b.rt.now() - died < span + soon);
  b.shut_down();
}
