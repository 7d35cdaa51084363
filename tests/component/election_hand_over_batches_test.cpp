// Many hand-overs travel together, beside claims and releases, in transactions that Consul takes.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "hand_over_fixture.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

std::string name_of(int i) { return "t/" + std::to_string(1000 + i) + "/leader"; }

/// A member that leads many elections, over a network with a round trip of one millisecond.
class many {
 public:
  explicit many(int n, agent::handler_options server = {}) : b(std::move(server)), a(b, "a") {
    for (int i = 0; i < n; ++i) {
      a.enter(name_of(i))->set_claims_wait(false);
      a.all.back()->stand();
    }
    b.rt.run_until([&] { return leading() == n; });
    a.p.transport->network = [this](runtime::lane, const runtime::http_request& r) {
      if (r.target == "/v1/txn") {
        sizes.push_back(verbs(r).size());
        bytes = std::max(bytes, r.body.size());
        if (before) before(r);
      }
      return fate(500us, 500us);
    };
  }
  ~many() {
    a.end();
    b.shut_down();
  }
  int leading() const {
    return static_cast<int>(std::count_if(a.all.begin(), a.all.end(),
                                          [](const auto& one) { return one->can_hand_over(); }));
  }
  /// Ends the terms of all, in one turn of the loop.
  void stop_all() {
    for (const auto& one : a.all) one->stop(end_reason::shut_down);
    std::vector<running<end_reason>> resigned;
    for (const auto& one : a.all) {
      term t = one->current();
      resigned.emplace_back(b.rt, t.resign());
    }
    b.rt.run_until([&] {
      return std::all_of(resigned.begin(), resigned.end(), [](auto& r) { return r.done(); });
    });
    b.rt.advance(100ms);
  }
  int held_by(const impl::recipient& who) {
    int n = 0;
    for (const auto& one : a.all) n += holds(b, who, one->key()) ? 1 : 0;
    return n;
  }

  election_fixture b;
  member a;
  std::vector<std::size_t> sizes;  ///< operations of each transaction
  std::size_t bytes = 0;           ///< of the largest
  std::function<void(const runtime::http_request&)> before;
};

}  // namespace

TEST_CASE("21 keys are handed over in a transaction of 64 operations, and 42 in one of 128") {
  agent::handler_options server;
  SECTION("before Consul 1.14") {
    server.version = consul_version::v1_8;
    many m(100, server);
    const impl::recipient to = stranger(m.b, "host-b");
    m.a.group->next = {to};
    m.stop_all();
    CHECK(m.held_by(to) == 100);
    CHECK(m.sizes.size() == 5);
    CHECK(*std::max_element(m.sizes.begin(), m.sizes.end()) == 63);
  }
  SECTION("since then") {
    server.version = consul_version::v1_21;
    many m(100, server);
    const impl::recipient to = stranger(m.b, "host-b");
    m.a.group->next = {to};
    m.stop_all();
    CHECK(m.held_by(to) == 100);
    CHECK(*std::max_element(m.sizes.begin(), m.sizes.end()) == 126);
  }
}

TEST_CASE("a dead recipient delays only its own keys") {
  many m(40);
  const impl::recipient to = stranger(m.b, "host-b");
  const impl::recipient dying = stranger(m.b, "dying");
  m.a.group->next = {dying, to};
  m.before = [&](const runtime::http_request&) {
    m.before = nullptr;
    m.b.ask("PUT", "/v1/session/destroy/" + dying.session.text());
  };
  m.stop_all();
  CHECK(m.held_by(to) == 40);
  CHECK(m.a.group->handed.size() == 40);
  CHECK(m.a[metric::hand_overs_done] == 40);
  CHECK(m.a[metric::hand_overs_sent] == m.a[metric::hand_overs_done] +
                                            m.a[metric::hand_overs_refused]);
}

TEST_CASE("a key that changed leaves the transaction, and the others are handed over") {
  many m(30);
  const impl::recipient to = stranger(m.b, "host-b");
  m.a.group->next = {to};
  m.before = [&](const runtime::http_request&) {
    m.before = nullptr;
    m.b.ask("DELETE", "/v1/kv/" + name_of(7));
    m.b.ask("DELETE", "/v1/kv/" + name_of(21));
  };
  m.stop_all();
  CHECK(m.held_by(to) == 28);
  CHECK(m.a.group->handed.size() == 28);
  CHECK(m.a[metric::hand_overs_refused] == 2);
}

TEST_CASE("the values of the recipients count: a body stays below Consul's limit") {
  many m(10);
  const impl::recipient to = stranger(m.b, "host-b", std::string(120'000, 'v'));
  m.a.group->next = {to};
  m.stop_all();
  CHECK(m.held_by(to) == 10);
  CHECK(m.bytes < 512 * 1024);
  CHECK(m.bytes > 300 * 1024);
  CHECK(m.sizes.size() >= 4);
}

TEST_CASE("claims, releases and hand-overs at the same time") {
  many m(100);
  const impl::recipient to = stranger(m.b, "host-b");
  m.a.group->next = {to};
  member c(m.b, "c");
  for (int i = 0; i < 50; ++i) {
    m.a.enter("u/" + std::to_string(1000 + i))->set_claims_wait(false);
  }
  m.b.rt.advance(1s);
  for (int i = 0; i < 150; ++i) {
    const auto& one = m.a.all[static_cast<std::size_t>(i)];
    if (i < 25) {
      one->leave();
    } else if (i < 100) {
      one->request_hand_over();
      term t = one->current();
      asio::co_spawn(m.b.rt.executor(), t.resign(), asio::detached);
    } else {
      one->stand();
    }
  }
  m.b.rt.advance(50ms);
  CHECK(m.held_by(to) == 75);
  CHECK(m.leading() == 50);
  CHECK(m.a[metric::releases_done] == 25);
  CHECK_FALSE(has(m.b.key(name_of(0)), "Session"));
  CHECK(m.a.all[30]->current().reason() == end_reason::none);
  CHECK(m.a.all[30]->take_event().reason == end_reason::handed_over);
}
