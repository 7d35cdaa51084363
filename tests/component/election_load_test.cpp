// Thousands of requests of one kind at once: they do not take the connections from the others.
#include <catch2/catch_test_macros.hpp>

#include "election_fixture.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

candidacy quick() { return candidacy("me").span(5s).ttl(10s).lock_delay(0s); }

/// So long that no two share a transaction.
leader_writes note() {
  leader_writes w;
  w.set("notes/1", std::string(300'000, 'x'));
  return w;
}

/// A process with a number of terms, and two connections for requests.
class loaded {
 public:
  explicit loaded(std::size_t terms)
      : p(f.add({}, consul_config().connections(10))) {
    for (std::size_t i = 0; i < terms; ++i) {
      entered.push_back(p.elections->enter("l/" + std::to_string(i) + "/leader", quick()));
      entered.back().stand();
    }
    f.rt.advance(1s);
    for (election& e : entered) REQUIRE(e.current().holds());
  }
  term term_of(std::size_t i) { return entered[i].current(); }

  /// From now on an answer to a transaction with this text comes after that time.
  void delay(std::string text, duration by) {
    p.transport->network = [text, by](runtime::lane, const runtime::http_request& r) {
      return r.body.find(text) != std::string::npos ? fate(0s, by) : fate();
    };
  }

  election_fixture f;
  process& p;
  std::vector<election> entered;
};

using writes = std::vector<std::unique_ptr<running<bool>>>;

writes write_from_all(loaded& l) {
  writes all;
  for (std::size_t i = 0; i < l.entered.size(); ++i) {
    term t = l.term_of(i);
    all.push_back(std::make_unique<running<bool>>(l.f.rt, truly(t.write(note()))));
  }
  l.f.rt.run_until_idle();
  return all;
}

std::size_t done_of(const writes& all) {
  std::size_t n = 0;
  for (const auto& one : all) n += one->done() && !one->error() ? 1U : 0U;
  return n;
}

}  // namespace

TEST_CASE("writes of leaders take turns, and leave a connection free") {
  loaded l(60);
  l.delay("notes/1", 100ms);
  const writes all = write_from_all(l);
  CHECK(l.p.transport->in_flight(runtime::lane::requests) == 1);
  l.f.rt.advance(1s);
  CHECK(done_of(all) == 10);
  // A claim waits for one of the others.
  election late = l.p.elections->enter("late/leader", quick());
  CHECK(l.f.lead(late).holds());
  CHECK(done_of(all) <= 12);
  l.f.rt.advance(6s);
  CHECK(done_of(all) == 60);
  l.f.shut_down();
}

TEST_CASE("reads of keys whose claims failed take turns, and leave a connection free") {
  loaded l(0);
  l.p.transport->network = [](runtime::lane, const runtime::http_request& r) {
    const bool claims = r.body.find("\"lock\"") != std::string::npos;
    const bool reads = r.target.find("/leader?consistent") != std::string::npos;
    return claims ? fate(50ms, 0s) : reads ? fate(0s, 100ms) : fate();
  };
  for (std::size_t i = 0; i < 60; ++i) {
    l.entered.push_back(l.p.elections->enter("l/" + std::to_string(i) + "/leader", quick()));
    l.entered.back().stand();
  }
  l.f.rt.advance(20ms);
  for (std::size_t i = 0; i < 60; ++i) {
    l.f.ask("PUT", "/v1/kv/l/" + std::to_string(i) + "/leader", "by an operator");
  }
  l.f.rt.advance(100ms);
  CHECK(l.p.transport->in_flight(runtime::lane::requests) == 1);
  // The claims of others do not wait for them.
  election late = l.p.elections->enter("late/leader", quick());
  late.stand();
  l.f.rt.advance(200ms);
  CHECK(late.current().holds());
  l.f.rt.advance(15s);
  for (election& e : l.entered) CHECK(e.current().holds());
  l.f.shut_down();
}

TEST_CASE("a write that waits for its turn is refused once its term is over") {
  loaded l(3);
  l.delay("notes/1", 2s);
  const writes all = write_from_all(l);
  l.f.ask("DELETE", "/v1/kv/l/2/leader");
  l.f.rt.advance(7s);
  REQUIRE(all[2]->done());
  CHECK(all[2]->error() == errc::not_leading);
  CHECK(done_of(all) == 2);
  l.f.shut_down();
}

TEST_CASE("a proclaim that waits for a connection does not hold up the proofs of its term") {
  loaded l(3);
  l.delay("c2xvdw", 8s);  // "slow"
  writes all;
  for (std::size_t i = 0; i < 2; ++i) {
    term t = l.term_of(i);
    all.push_back(std::make_unique<running<bool>>(l.f.rt, truly(t.proclaim("slow"))));
  }
  l.f.rt.run_until_idle();
  term third = l.term_of(2);
  running<bool> proclaim(l.f.rt, truly(third.proclaim("me again")));
  l.f.rt.advance(7s);
  CHECK_FALSE(proclaim.done());
  CHECK(third.holds());
  l.f.rt.advance(2s);
  CHECK(proclaim.done());
  CHECK_FALSE(proclaim.error());
  CHECK(third.holds());
  l.f.shut_down();
}

TEST_CASE("a session that dies with many keys is asked for once") {
  loaded l(100);
  const term one = l.term_of(0);
  const std::size_t before = l.p.transport->started(runtime::lane::renewals);
  l.p.transport->network = [](runtime::lane where, const runtime::http_request&) {
    return where == runtime::lane::renewals ? fate(0s, 20ms) : fate();
  };
  l.f.ask("PUT", "/v1/session/destroy/" + one.session());
  l.f.rt.advance(100ms);
  CHECK(one.reason() == end_reason::session_lost);
  CHECK(l.p.transport->started(runtime::lane::renewals) - before <= 4);
  l.f.shut_down();
}

TEST_CASE("the keys of a session that died are not read one by one") {
  loaded l(100);
  const term one = l.term_of(0);
  const std::size_t before = l.p.transport->started(runtime::lane::requests);
  // The proofs notice it.
  l.p.transport->loses_response = [](runtime::lane where) { return where == runtime::lane::polls; };
  l.f.ask("PUT", "/v1/session/destroy/" + one.session());
  REQUIRE(l.f.rt.run_until([&] { return one.reason() != end_reason::none; }, 3s));
  CHECK(one.reason() == end_reason::session_lost);
  CHECK(l.p.transport->started(runtime::lane::requests) - before <= 4);
  l.p.transport->loses_response = nullptr;
  l.f.shut_down();
}

TEST_CASE("keys that are deleted together, under a session that lives, are read") {
  loaded l(100);
  const term one = l.term_of(0);
  const term other = l.term_of(99);
  l.p.transport->loses_response = [](runtime::lane where) { return where == runtime::lane::polls; };
  l.f.ask("DELETE", "/v1/kv/l/1?recurse");  // l/1, l/10 to l/19
  const term eleventh = l.term_of(11);
  REQUIRE(l.f.rt.run_until([&] { return eleventh.reason() != end_reason::none; }, 3s));
  CHECK(eleventh.reason() == end_reason::key_missing);
  CHECK(one.holds());
  CHECK(other.holds());
  l.p.transport->loses_response = nullptr;
  l.f.shut_down();
}
