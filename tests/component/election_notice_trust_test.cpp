// Which notices of hand-overs a candidate believes.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <string>

#include "notice_fixture.hpp"

using namespace tenure;
using namespace tenure::test;

TEST_CASE("a term begins by a notice, without another request") {
  noticing n;
  std::vector<std::string> seen;
  n.a.p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    if (hands_over(r)) seen = verbs(r);
    return fate();
  };
  n.a.resign(*n.of_a);
  n.f.rt.run_until_idle();
  CHECK(seen == std::vector<std::string>{"check-index", "unlock", "lock", "set", "set"});
  REQUIRE(n.of_b->working());
  CHECK(has(n.f.key(key), "\"ModifyIndex\":" + std::to_string(n.of_b->current().fence())));
  n.f.rt.advance(20s);
  CHECK(n.of_b->working());  // its proofs and its guard are right
}

TEST_CASE("an old notice that is written again begins no term") {
  noticing n;
  n.a.resign(*n.of_a);
  n.f.rt.run_until_idle();
  REQUIRE(n.of_b->working());
  const std::string path = "/v1/kv/" + n.notice_key();
  const std::string old = n.f.ask("GET", path + "?raw").body;
  REQUIRE_FALSE(old.empty());
  n.b.group->next = {n.a.as_recipient("a")};
  n.of_a->stand();
  n.b.resign(*n.of_b);
  REQUIRE(n.f.rt.run_until([&] { return n.of_a->working(); }, 5s));
  n.f.ask("PUT", path, "another");
  n.f.ask("PUT", path, old);
  n.f.rt.advance(3s);
  CHECK(n.of_a->working());
  CHECK_FALSE(n.of_b->working());
  CHECK(n.of_b->history().holder() == n.of_a->session());
}

TEST_CASE("a notice that is written again before it was read begins no term at its new index") {
  const bool with_seal = GENERATE(false, true);
  noticing n;
  n.b.p.transport->network = [](runtime::lane where, const runtime::http_request& r) {
    if (has(r.target, "/handed/")) return fate(5s, 1ms);
    return fate(where == runtime::lane::polls ? mishap::silent_before : mishap::none);
  };
  n.f.rt.advance(3s);  // the poll of before has ended, and the next one has not arrived
  n.a.resign(*n.of_a);
  n.f.rt.run_until_idle();
  const auto restore = [&](const std::string& name) {
    const std::string path = "/v1/kv/" + name;
    const std::string old = n.f.ask("GET", path + "?raw").body;
    REQUIRE_FALSE(old.empty());
    n.f.ask("DELETE", path);
    n.f.ask("PUT", path, old);
  };
  restore(n.notice_key());
  if (with_seal) restore(core::seal_of(n.notice_key()));
  REQUIRE(n.f.rt.run_until([&] { return n.of_b->working(); }, 10s));
  CHECK(has(n.f.key(key), "\"ModifyIndex\":" + std::to_string(n.of_b->current().fence())));
}

TEST_CASE("a notice of a hand-over whose giver was not seen is a hint to read the key") {
  noticing n;
  // The holder writes its key, and the other member does not see that.
  term t = n.of_a->current();
  n.f.rt.run(t.proclaim("new"));
  const std::size_t reads = n.b.p.transport->started(runtime::lane::requests);
  n.a.resign(*n.of_a);
  REQUIRE(n.f.rt.run_until([&] { return n.of_b->working(); }, 5s));
  CHECK(n.b.p.transport->started(runtime::lane::requests) == reads + 1);
}
