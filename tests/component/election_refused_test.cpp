// Requests that Consul refuses (403): an operation reports no error from before its call, and does
// not wait for ever where all that it asks is refused.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <optional>

#include "election_adversity.hpp"

using namespace tenure;
using namespace tenure::test;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string prefix = "pool/c";

void allow_all(process& p) { p.transport->network = nullptr; }

/// Refuses, and counts, each request whose target or body has that text. Empty: all.
void forbid(process& p, std::string part, int& refused) {
  p.transport->network = [part, &refused](runtime::lane, const runtime::http_request& r) {
    const bool hit = has(r.target, part) || has(r.body, part);
    if (hit) ++refused;
    return hit ? fate(mishap::forbidden) : fate(1ms, 1ms);
  };
}

template <class T>
error_code outcome_within(election_fixture& b, asio::awaitable<T> task, duration limit) {
  running<T> waiting(b.rt, std::move(task));
  const time_point begun = b.rt.now();
  REQUIRE(b.rt.run_until([&] { return waiting.done(); }, limit));
  REQUIRE(b.rt.now() - begun <= limit);
  return waiting.error();
}

}  // namespace

TEST_CASE("a campaign asks Consul anew after a refusal, and wins once nothing is refused") {
  election_fixture b;
  process& p = b.add();
  election e = p.elections->enter(key, quick());
  const std::string what = GENERATE("", "session/create", "\"lock\"", "/v1/kv/");
  CAPTURE(what);
  int refused = 0;
  forbid(p, what, refused);
  CHECK(outcome_within(b, e.campaign(), 6s) == consul_errc::forbidden);
  CHECK(e.last_error() == consul_errc::forbidden);
  SECTION("at once") {}
  SECTION("later") { b.rt.advance(30s); }
  allow_all(p);
  running<term> again(b.rt, e.campaign());
  REQUIRE(b.rt.run_until([&] { return again.done(); }, 20s));
  REQUIRE_FALSE(again.error());
  CHECK(again.value().holds());
  CHECK_FALSE(e.last_error());
  b.shut_down();
}

TEST_CASE("a campaign learns of a watch that was refused before it, with its session alive") {
  election_fixture b;
  process& p = b.add();
  int refused = 0;
  forbid(p, "/v1/kv/", refused);
  election e = p.elections->enter(key, quick());
  e.stand();
  b.rt.advance(5s);
  REQUIRE_FALSE(e.session().empty());
  e.withdraw();
  CHECK(outcome_within(b, e.campaign(), 6s) == consul_errc::forbidden);
  b.shut_down();
}

TEST_CASE("a campaign reports each new refusal soon") {
  election_fixture b;
  process& p = b.add();
  election e = p.elections->enter(key, quick());
  const std::string what = GENERATE("", "session/create", "\"lock\"", "/v1/kv/");
  CAPTURE(what);
  int refused = 0;
  forbid(p, what, refused);
  for (int i = 0; i < 8; ++i) {
    const int before = refused;
    CHECK(outcome_within(b, e.campaign(), 6s) == consul_errc::forbidden);
    CHECK(refused > before);  // it has asked
  }
  b.shut_down();
}

TEST_CASE("acquire() asks Consul anew after a refusal, and wins once nothing is refused") {
  election_fixture b;
  process& p = b.add();
  semaphore s = p.elections->contend(prefix, 2, quick());
  const std::string what =
      GENERATE("", "session/create", "\"lock\"", "\"cas\"", "/v1/kv/", "/v1/txn");
  CAPTURE(what);
  int refused = 0;
  forbid(p, what, refused);
  for (int i = 0; i < 8; ++i) {
    const int before = refused;
    CHECK(outcome_within(b, s.acquire(), 6s) == consul_errc::forbidden);
    CHECK(refused > before);
  }
  SECTION("at once") {}
  SECTION("later") { b.rt.advance(30s); }
  allow_all(p);
  running<term> again(b.rt, s.acquire());
  REQUIRE(b.rt.run_until([&] { return again.done(); }, 20s));
  REQUIRE_FALSE(again.error());
  CHECK(again.value().holds());
  CHECK_FALSE(s.last_error());
  b.shut_down();
}

TEST_CASE("of several missing rights that of the session is reported, whichever answer is first") {
  election_fixture b;
  process& p = b.add();
  const bool of_slots = GENERATE(false, true);
  const duration session_takes = GENERATE(0ms, 1ms, 500ms);
  const duration others_take = GENERATE(0ms, 1ms, 500ms);
  CAPTURE(of_slots, session_takes, others_take);
  p.transport->network = [=](runtime::lane, const runtime::http_request& r) {
    fate refused(mishap::forbidden);
    refused.answer_delay = has(r.target, "session/create") ? session_takes : others_take;
    return refused;
  };
  std::optional<election> e;
  std::optional<semaphore> s;
  if (of_slots) {
    s.emplace(p.elections->contend(prefix, 2, quick()));
  } else {
    e.emplace(p.elections->enter(key, quick()));
  }
  running<term> waiting(b.rt, of_slots ? s->acquire() : e->campaign());
  REQUIRE(b.rt.run_until([&] { return waiting.done(); }, 6s));
  CHECK_THROWS_WITH(waiting.value(), ContainsSubstring("lacks session:write"));
  b.shut_down();
}

TEST_CASE("a refused read ends a campaign though the session fails for another reason") {
  election_fixture b;
  process& p = b.add();
  p.transport->network = [](runtime::lane, const runtime::http_request& r) {
    return fate(has(r.target, "session/create") ? mishap::throttled : mishap::forbidden);
  };
  election e = p.elections->enter(key, quick());
  running<term> waiting(b.rt, e.campaign());
  REQUIRE(b.rt.run_until([&] { return waiting.done(); }, 6s));
  CHECK_THROWS_WITH(waiting.value(), ContainsSubstring("lacks key:read"));
  b.shut_down();
}
