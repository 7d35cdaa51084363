// Leases that could overlap, terms that could end without need, claims that could be forgotten.
#include <catch2/catch_test_macros.hpp>

#include "core/candidate/candidate.hpp"
#include "election_adversity.hpp"
#include "unit/core_observations.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

const core::candidate_rules rules(core::lease_rules(10s, 2s), 10s);

core::candidate seasoned() {
  core::candidate c(rules);
  c.session_ready("S");
  c.stand();
  return c;
}

}  // namespace

// -- leases that could overlap -------------------------------------------------------------------

TEST_CASE("an operator's release with an empty body is not taken for a clean one") {
  election_fixture b;
  process& lone = b.add();
  blind(lone);
  election first = lone.elections->enter(key, quick("first"));
  election second = b.add().elections->enter(key, quick("second"));
  term t1 = b.lead(first);
  second.stand();
  b.rt.advance(1s);
  lone.cut_off();
  b.ask("PUT", "/v1/kv/" + key + "?release=" + t1.session());
  b.rt.run_until([&] { return second.current().holds(); });
  CHECK_FALSE(t1.holds());
  b.shut_down();
}

TEST_CASE("a predecessor's longer span counts") {
  election_fixture b;
  process& lone = b.add();
  blind(lone);
  candidacy longer = candidacy("long").span(30s).ttl(10s).lock_delay(0s);
  election first = lone.elections->enter(key, longer);
  term t1 = b.lead(first);
  process& p = b.add();
  process& q = b.add();
  SECTION("also when it is learnt only after the key was lost") {
    p.transport->network = [](runtime::lane, const runtime::http_request& r) {
      return has(r.target, "/v1/session/info") ? fate(0s, 300ms) : fate();
    };
    election second = p.elections->enter(key, quick("second"));
    second.stand();
    b.rt.advance(100ms);
    lone.cut_off();
    b.ask("PUT", "/v1/session/destroy/" + t1.session());
    b.rt.run_until([&] { return second.current().holds(); });
    CHECK_FALSE(t1.holds());
    b.shut_down();
  }
  SECTION("also when another candidate held the key in between without leading") {
    election second = p.elections->enter(key, quick("second"));
    election third = q.elections->enter(key, quick("third"));
    second.stand();
    third.stand();
    b.rt.advance(1s);
    lone.cut_off();
    b.ask("PUT", "/v1/session/destroy/" + t1.session());
    b.rt.advance(1s);
    const std::string held = b.key(key);
    const auto at = held.find("\"Session\":\"") + 11;
    b.ask("PUT", "/v1/session/destroy/" + held.substr(at, 36));
    b.rt.run_until([&] { return second.current().holds() || third.current().holds(); });
    CHECK_FALSE(t1.holds());
    b.shut_down();
  }
}

TEST_CASE("what the last term of a process reads is known to its next candidate") {
  election_fixture b;
  process& p = b.add({}, consul_config().request_timeout(10s));
  std::optional<election> first(p.elections->enter(key, quick("first")));
  term ended = b.lead(*first);
  bool deaf = true;
  p.transport->network = [&deaf](runtime::lane where, const runtime::http_request& r) {
    const bool watches = where == runtime::lane::polls || r.target == "/v1/kv/" + key;
    return fate(deaf && (watches || claims(r)) ? mishap::silent_before : mishap::none);
  };
  running<bool> proclaim(b.rt, truly(ended.proclaim("again")));
  b.ask("PUT", "/v1/session/destroy/" + ended.session());
  process& other = b.add();
  blind(other);
  election between = other.elections->enter(key, quick("between"));
  term t1 = b.lead(between);
  first.reset();
  b.rt.advance(1s);
  election next = p.elections->enter(key, quick("next"));
  next.stand();
  // The answer to the proclaim is missing, so its term reads the key. Nothing else shows p the
  // holder.
  b.rt.advance(8s);
  other.cut_off();
  b.ask("DELETE", "/v1/kv/" + key);
  deaf = false;
  REQUIRE(b.rt.run_until([&] { return next.current().holds(); }));
  CHECK_FALSE(t1.holds());
  b.shut_down();
}

TEST_CASE("a key that died with its session is not clean for a newcomer") {
  election_fixture b;
  process& lone = b.add();
  blind(lone);
  candidacy removing = quick("first").behavior(session_behavior::remove);
  election first = lone.elections->enter(key, removing);
  term t1 = b.lead(first);
  lone.cut_off();
  b.ask("PUT", "/v1/session/destroy/" + t1.session());
  CHECK(b.key(key).empty());
  election second = b.add().elections->enter(key, removing);
  second.stand();
  b.rt.run_until([&] { return second.current().holds(); });
  CHECK_FALSE(t1.holds());
  b.shut_down();
}

TEST_CASE("a claim on a missing key waits from the claim, not from an old observation") {
  election_fixture b;
  process& p = b.add();
  process& q = b.add();
  process& lone = b.add();
  blind(lone);
  election first = p.elections->enter(key, quick("first"));
  election second = q.elections->enter(key, quick("second"));
  term t1 = b.lead(first);
  b.rt.advance(1s);
  b.ask("DELETE", "/v1/kv/" + key);
  b.rt.run_until_idle();
  blind(q);  // it has seen the key held, then missing, and sees nothing more
  b.rt.run(t1.resign());
  election third = lone.elections->enter(key, quick("third"));
  term t3 = b.lead(third);
  b.rt.advance(6s);
  REQUIRE(t3.holds());
  lone.cut_off();
  b.ask("DELETE", "/v1/kv/" + key);
  second.stand();
  b.rt.run_until([&] { return second.current().holds(); });
  CHECK_FALSE(t3.holds());
  b.shut_down();
}

TEST_CASE("a plain PUT of an empty value does not hide a whole term that was not seen") {
  core::key_history h;
  h.observe(free_clean(10), at(1));
  core::key_observation put = free_clean(20);
  put.lock_index = 0;
  h.observe(put, at(2));
  CHECK_FALSE(h.clean());
}

// -- terms that end though nothing is wrong ------------------------------------------------------

TEST_CASE("every stop budget that is accepted lets a term last") {
  election_fixture b;
  election e = b.add().elections->enter(key, quick().span(15s).stop_budget(9700ms));
  term t = b.lead(e);
  b.rt.advance(60s);
  CHECK(t.holds());
  b.shut_down();
}

TEST_CASE("one proof whose answer never comes does not end a term") {
  election_fixture b;
  process& p = b.add();
  election e = p.elections->enter(key, quick().span(15s));
  term t = b.lead(e);
  bool once = true;
  p.transport->network = [&](runtime::lane where, const runtime::http_request& r) {
    const bool proof = where == runtime::lane::renewals && has(r.target, "/v1/txn");
    return fate(proof && std::exchange(once, false) ? mishap::silent_before : mishap::none);
  };
  b.rt.advance(60s);
  CHECK(t.holds());
  b.shut_down();
}

TEST_CASE("a proclaim of an old term that hangs does not starve the next term of its proofs") {
  election_fixture b;
  process& p = b.add();
  election e = p.elections->enter(key, quick());
  term t1 = b.lead(e);
  bool once = true;
  p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    const bool proclaim = claims(r) && has(r.body, "eW91");
    return fate(proclaim && std::exchange(once, false) ? mishap::silent_before : mishap::none);
  };
  running<bool> proclaiming(b.rt, truly(t1.proclaim("you")));
  b.rt.advance(100ms);
  CHECK(b.rt.run(t1.resign()) == end_reason::resigned);
  term t2 = b.lead(e);
  b.rt.advance(4s);
  CHECK(t2.holds());
  CHECK(t2.reason() == end_reason::none);
  b.rt.advance(60s);
  CHECK(t2.holds());
  CHECK(proclaiming.error() == errc::not_leading);
  b.shut_down();
}

TEST_CASE("what a term was asked for does not depend on the handle that asked") {
  election_fixture b;
  election e = b.add().elections->enter(key, quick());
  const term t = b.lead(e);
  term copy = t;
  auto asked = copy.proclaim("you");
  copy = term();
  running<bool> proclaiming(b.rt, truly(std::move(asked)));
  b.rt.run_until_idle();
  CHECK(proclaiming.done());
  CHECK_FALSE(proclaiming.error());
  CHECK(has(b.key(key), "eW91"));
  b.shut_down();
}

// -- claims --------------------------------------------------------------------------------------

TEST_CASE("a claim whose connection is reset again and again is not repeated without a pause") {
  election_fixture b;
  process& p = b.add();
  election e = p.elections->enter(key, quick());
  int sent = 0;
  p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    if (!claims(r)) return fate();
    return fate(++sent < 1000 ? mishap::reset_before : mishap::none);
  };
  e.stand();
  b.rt.advance(1s);
  CHECK(sent < 20);
  b.shut_down();
}

TEST_CASE("a claim that may still arrive stays open through a lock-delay") {
  core::candidate c = seasoned();
  c.observe(held_by("A", 9), at(0));
  c.observe(free_dirty(10), at(1));
  REQUIRE(c.next(at(1)) == core::action::claim);
  c.claim_unknown(at(1.1), 0);
  REQUIRE(c.next(at(1.1)) == core::action::read);
  c.read_answered(surely(free_dirty(10), at(1.1)), at(1.2));
  c.next(at(1.2));
  REQUIRE(c.next(at(3)) != core::action::read);
  c.claim_refused(core::claim_refusal::lock_delay, at(3), 0);
  CHECK_FALSE(c.settled());
}

TEST_CASE("after the cluster went back to an older state a candidate goes on") {
  election_fixture b;
  process& p = b.add();
  process& q = b.add();
  for (int i = 0; i < 50; ++i) b.ask("PUT", "/v1/kv/other", std::to_string(i));
  election first = p.elections->enter(key, quick("first"));
  term t1 = b.lead(first);
  election second = q.elections->enter(key, quick("second"));
  second.stand();
  b.rt.advance(1s);
  // As after a restored snapshot: the key is free and older than what was seen, new writes are not.
  b.agent.restart(agent::handler_options());
  b.ask("PUT", "/v1/kv/" + key, "old");
  for (int i = 0; i < 200; ++i) b.ask("PUT", "/v1/kv/other", "again" + std::to_string(i));
  b.rt.advance(300s);
  CHECK(second.current().holds());
  if (second.current()) CHECK(second.current().fence() > t1.fence());
  b.shut_down();
}
