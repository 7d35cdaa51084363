// term::stop_token(): when its stop is requested, and that the callbacks may do what they like.
#include <catch2/catch_test_macros.hpp>
#include <stop_token>

#include "election_fixture.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

const std::string key = "service/a/leader";

candidacy quick() { return candidacy("me").span(5s).ttl(10s).lock_delay(0s); }

term take(election_fixture& b, semaphore& s) {
  running<term> waiting(b.rt, s.acquire());
  REQUIRE(b.rt.run_until([&] { return waiting.done(); }, 60s));
  return waiting.value();
}

asio::awaitable<void> wait_for(std::stop_token token, elections& all, bool& stopped) {
  while (!token.stop_requested()) co_await all.sleep_until(all.now() + 10ms);
  stopped = true;
}

}  // namespace

TEST_CASE("a stop token is requested at stop_at without a further proof") {
  election_fixture b;
  process& p = b.add();
  election e = p.elections->enter(key, quick());
  const term t = b.lead(e);
  const std::stop_token token = t.stop_token();
  CHECK(token.stop_possible());
  b.rt.advance(60s);
  CHECK_FALSE(token.stop_requested());  // each proof moves stop_at() on
  p.cut_off();
  b.rt.advance(1s);
  const time_point stop_at = t.stop_at();
  b.rt.advance_to(stop_at - 1ns);
  CHECK_FALSE(token.stop_requested());
  b.rt.advance_to(stop_at);
  CHECK(token.stop_requested());
  CHECK(t.holds());
  CHECK(t.stop_token().stop_requested());
  b.rt.advance(10s);
  CHECK(t.reason() == end_reason::expired);
  b.shut_down();
}

TEST_CASE("a stop token is requested at once when the session is lost") {
  election_fixture b;
  process& p = b.add();
  election e = p.elections->enter(key, quick());
  semaphore s = p.elections->contend("pool/c", 2, quick());
  const term leads = b.lead(e);
  const term slot = take(b, s);
  const std::stop_token of_election = leads.stop_token();
  const std::stop_token of_slot = slot.stop_token();
  b.ask("PUT", "/v1/session/destroy/" + leads.session());
  b.rt.advance(50ms);
  CHECK(of_election.stop_requested());
  CHECK_FALSE(leads.holds());
  CHECK_FALSE(of_slot.stop_requested());
  b.ask("PUT", "/v1/session/destroy/" + slot.session());
  b.rt.advance(5s);
  CHECK(of_slot.stop_requested());
  CHECK_FALSE(slot.holds());
  b.shut_down();
}

TEST_CASE("a stop token is requested when its term is resigned") {
  election_fixture b;
  process& p = b.add();
  election e = p.elections->enter(key, quick());
  semaphore s = p.elections->contend("pool/c", 2, quick());
  term leads = b.lead(e);
  term slot = take(b, s);
  const std::stop_token of_election = leads.stop_token();
  const std::stop_token of_slot = slot.stop_token();
  CHECK(b.rt.run(leads.resign()) == end_reason::resigned);
  CHECK(of_election.stop_requested());
  CHECK(b.rt.run(slot.resign()) == end_reason::resigned);
  CHECK(of_slot.stop_requested());
  // The next term has another token.
  const term again = b.lead(e);
  CHECK_FALSE(again.stop_token().stop_requested());
  CHECK(leads.stop_token().stop_requested());
  b.shut_down();
}

TEST_CASE("a stop token is requested when the health gate closes, and at a shut-down") {
  election_fixture b;
  process& p = b.add();
  election e = p.elections->enter(key, quick());
  semaphore s = p.elections->contend("pool/c", 2, quick());
  const term leads = b.lead(e);
  const term slot = take(b, s);
  const std::stop_token of_election = leads.stop_token();
  const std::stop_token of_slot = slot.stop_token();
  e.set_healthy(false);
  b.rt.run_until_idle();
  CHECK(of_election.stop_requested());
  CHECK(leads.holds());  // until the work has stopped, or the lease ends
  CHECK_FALSE(of_slot.stop_requested());
  bool waited = false;
  running<bool> waiting(b.rt, truly(wait_for(of_slot, *p.elections, waited)));
  running<bool> shut(b.rt, truly(p.elections->shut_down()));
  b.rt.advance(1s);
  CHECK(of_slot.stop_requested());
  CHECK(waited);
  b.rt.advance(60s);
  CHECK(shut.done());
}

TEST_CASE("a callback of a stop token runs in a later turn and may destroy the handle") {
  election_fixture b;
  process& p = b.add();
  std::optional<election> e = p.elections->enter(key, quick());
  std::optional<semaphore> s = p.elections->contend("pool/c", 2, quick());
  const term leads = b.lead(*e);
  const term slot = take(b, *s);
  int called = 0;
  const std::stop_callback leave_election(leads.stop_token(), [&] {
    ++called;
    e.reset();
  });
  const std::stop_callback leave_semaphore(slot.stop_token(), [&] {
    ++called;
    s.reset();
  });
  e->set_healthy(false);
  CHECK(called == 0);
  CHECK(e);
  b.ask("PUT", "/v1/session/destroy/" + slot.session());
  b.rt.advance(60s);
  CHECK(called == 2);
  CHECK_FALSE(leads.holds());
  CHECK_FALSE(slot.holds());
  b.shut_down();
  CHECK(b.agent.handler().sessions() == 0);
}

TEST_CASE("a stop token is requested when the elections object is destroyed") {
  election_fixture b;
  process& p = b.add();
  election e = p.elections->enter(key, quick());
  semaphore s = p.elections->contend("pool/c", 2, quick());
  term leads = b.lead(e);
  term slot = take(b, s);
  const std::stop_token of_election = leads.stop_token();
  const std::stop_token of_slot = slot.stop_token();
  p.elections.reset();
  b.rt.run_until_idle();
  CHECK(of_election.stop_requested());
  CHECK(of_slot.stop_requested());
  CHECK(leads.stop_token().stop_requested());
  CHECK(b.rt.run(leads.resign()) == end_reason::shut_down);
  CHECK(b.rt.run(slot.resign()) == end_reason::shut_down);
  b.rt.advance(60s);
  b.processes.clear();
  b.rt.run_until_idle();
}

TEST_CASE("the token of an empty term is requested already") {
  CHECK(term().stop_token().stop_requested());
}
