// Claims are batched: many keys in one transaction, and a refused claim does not delay the others.
#include <catch2/catch_test_macros.hpp>
#include <vector>

#include "election_adversity.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

std::string name_of(int i) { return "t/" + std::to_string(i) + "/leader"; }

bool writes(const runtime::http_request& r) { return r.target == "/v1/txn"; }

/// A process that stands in many elections, over a network with a round trip of one millisecond.
class crowd {
 public:
  explicit crowd(int n, agent::handler_options server = {})
      : b(std::move(server)), p(b.add()) {
    p.transport->network = [this](runtime::lane, const runtime::http_request& r) {
      if (writes(r)) {
        ++transactions;
        if (before) before(r);
      }
      if (writes(r) && transactions == lose) return fate(mishap::reset_after);
      return fate(500us, 500us);
    };
    for (int i = 0; i < n; ++i) elections.push_back(p.elections->enter(name_of(i), quick()));
  }
  void stand() {
    for (election& e : elections) e.stand();
  }
  int leading() const {
    int n = 0;
    for (const election& e : elections) n += e.current().holds() ? 1 : 0;
    return n;
  }

  election_fixture b;
  process& p;
  std::vector<election> elections;
  int transactions = 0;
  int lose = -1;
  std::function<void(const runtime::http_request&)> before;
};

}  // namespace

TEST_CASE("a thousand elections are claimed in about forty transactions, and released in as many") {
  crowd c(1000);
  c.b.rt.advance(2s);
  c.stand();
  c.b.rt.advance(1s);
  REQUIRE(c.leading() == 1000);
  REQUIRE(c.transactions >= 1000 / 64);
  REQUIRE(c.transactions < 45);

  c.transactions = 0;
  c.elections.clear();
  c.b.rt.advance(1s);
  REQUIRE(c.transactions >= 1000 / 64);
  REQUIRE(c.transactions < 45);
  REQUIRE_FALSE(has(c.b.key(name_of(0)), "Session"));
  REQUIRE_FALSE(has(c.b.key(name_of(999)), "Session"));
  c.b.shut_down();
}

TEST_CASE("a server that accepts 128 operations gets them, after a single probe") {
  agent::handler_options server;
  SECTION("as since Consul 1.14") {
    server.version = consul_version::v1_21;
    crowd c(1000, server);
    c.b.rt.advance(2s);
    c.stand();
    c.b.rt.advance(1s);
    REQUIRE(c.leading() == 1000);
    // Only the first transaction probes; the other connections do not wait for its result.
    REQUIRE(c.transactions <= 1 + 1000 / 64 + 4);
    c.b.shut_down();
  }
  SECTION("as before") {
    server.version = consul_version::v1_8;
    crowd c(1000, server);
    int refused = 0;
    c.before = [&](const runtime::http_request& r) {
      std::size_t operations = 0;
      for (auto at = r.body.find("\"Verb\""); at != std::string::npos;
           at = r.body.find("\"Verb\"", at + 1)) {
        ++operations;
      }
      if (operations > 64) ++refused;
    };
    c.b.rt.advance(2s);
    c.stand();
    c.b.rt.advance(1s);
    REQUIRE(c.leading() == 1000);
    REQUIRE(refused == 1);
    c.b.shut_down();
  }
}

TEST_CASE("a server that no longer accepts 128 operations gets smaller transactions") {
  agent::handler_options server;
  server.version = consul_version::v1_21;
  crowd c(300, server);
  c.b.rt.advance(2s);
  c.stand();
  c.b.rt.advance(1s);
  REQUIRE(c.leading() == 300);
  // A different server at the same address.
  server.version = consul_version::v1_8;
  server.start_index = 1'000'000;
  c.b.agent.restart(server);
  c.elections.clear();
  for (int i = 300; i < 600; ++i) {
    c.elections.push_back(c.p.elections->enter(name_of(i), quick()));
  }
  c.stand();
  c.b.rt.advance(20s);  // first the process must notice that its old session is gone
  CHECK(c.leading() == 300);
  c.b.shut_down();
}

TEST_CASE("a refused claim does not delay the others") {
  crowd c(30);
  c.b.rt.advance(2s);
  // Two of the keys change while the claims are in flight.
  c.before = [&](const runtime::http_request&) {
    if (c.transactions > 1) return;
    c.b.ask("PUT", "/v1/kv/" + name_of(7), "somebody else's");
    c.b.ask("PUT", "/v1/kv/" + name_of(21), "somebody else's");
  };
  c.stand();
  c.b.rt.advance(5ms);
  REQUIRE(c.transactions <= 3);
  REQUIRE(c.leading() == 28);
  c.b.rt.advance(20s);  // the other two after the quarantine
  REQUIRE(c.leading() == 30);
  c.b.shut_down();
}

TEST_CASE("after a lost reply to a transaction, each key's outcome is read back") {
  crowd c(30);
  c.b.rt.advance(2s);
  c.lose = 1;
  c.stand();
  c.b.rt.advance(1s);
  REQUIRE(c.leading() == 30);
  for (const election& e : c.elections) {
    const term t = e.current();
    const std::string index = "\"ModifyIndex\":" + std::to_string(t.fence());
    REQUIRE(has(c.b.key(e.key()), index));
  }
  c.b.shut_down();
}

TEST_CASE("one election does not wait behind thousands of claims") {
  crowd c(2000);
  c.b.rt.advance(2s);
  c.stand();
  c.b.rt.advance(3ms);
  REQUIRE(c.leading() < 1000);
  election late = c.p.elections->enter("a/leader", quick());
  late.stand();
  c.b.rt.run_until([&] { return late.standing() == standing::leading; });
  REQUIRE(c.leading() < 1500);
  c.b.rt.advance(1s);
  REQUIRE(c.leading() == 2000);
  c.b.shut_down();
}
