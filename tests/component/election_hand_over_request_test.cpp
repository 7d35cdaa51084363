// The plan asks the holder of a term for its election: what the body sees, and how its term ends.
#include <catch2/catch_test_macros.hpp>
#include <string>

#include "hand_over_fixture.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

asio::awaitable<void> until_requested(term t) {
  co_await t.hand_over_requested();
}

}  // namespace

TEST_CASE("a body that returns after a request ends its term as handed over") {
  election_fixture b;
  member a(b, "a");
  const auto one = a.enter(key);
  const impl::recipient to = stranger(b, "host-b");
  a.group->next = {to};
  one->set_claims_wait(false);
  running<end_reason> leading(b.rt, one->lead(until_requested));
  b.rt.advance(10s);
  REQUIRE_FALSE(leading.done());
  one->request_hand_over();
  b.rt.run_until([&] { return leading.done(); });
  CHECK(leading.value() == end_reason::handed_over);
  CHECK(holds(b, to, key));
  CHECK(one->handed_to() == "host-b");
  CHECK(a[metric::terms_ended_handed_over] == 1);
  CHECK(a.log->count("hand-over requested") == 1);
  CHECK(a.log->count("stop requested") == 0);
  a.end();
  b.shut_down();
}

TEST_CASE("a term shows whether a hand-over is wanted") {
  election_fixture b;
  member a(b, "a");
  const auto one = a.enter_and_lead(key);
  const term t = one->current();
  CHECK_FALSE(term().hand_over_wanted());
  CHECK_FALSE(t.hand_over_wanted());
  running<bool> waiting(b.rt, truly(t.hand_over_requested()));
  b.rt.advance(1s);
  CHECK_FALSE(waiting.done());
  one->take_event();
  one->request_hand_over();
  CHECK(t.hand_over_wanted());
  CHECK(one->hand_over_wanted());
  const event asked = one->take_event();
  CHECK(asked.hand_over_requested);
  CHECK(asked.handed_to.empty());
  b.rt.run_until_idle();
  CHECK(waiting.done());
  CHECK(t.holds());

  one->withdraw_hand_over();
  CHECK_FALSE(t.hand_over_wanted());
  CHECK_FALSE(one->take_event().hand_over_requested);
  SECTION("the term then ends as it would without the request") {
    a.resign(*one);
    CHECK(t.reason() == end_reason::resigned);
  }
  SECTION("requested again, a resignation hands over") {
    one->request_hand_over();
    running<bool> late(b.rt, truly(t.hand_over_requested()));
    b.rt.run_until_idle();
    CHECK(late.done());
    a.resign(*one);
    CHECK(t.reason() == end_reason::handed_over);
    CHECK_FALSE(t.hand_over_wanted());
  }
  a.end();
  b.shut_down();
}

TEST_CASE("the wait for a request ends when the term has to stop, too") {
  election_fixture b;
  member a(b, "a");
  const auto one = a.enter_and_lead(key);
  const term t = one->current();
  running<bool> waiting(b.rt, truly(t.hand_over_requested()));
  b.rt.run_until_idle();
  one->set_healthy(false);
  b.rt.run_until_idle();
  CHECK(waiting.done());
  CHECK_FALSE(t.hand_over_wanted());
  a.resign(*one);
  CHECK(t.reason() == end_reason::health_failed);
  running<bool> late(b.rt, truly(t.hand_over_requested()));
  running<bool> empty(b.rt, truly(term().hand_over_requested()));
  b.rt.run_until_idle();
  CHECK(late.done());
  CHECK(empty.done());
  a.end();
  b.shut_down();
}

TEST_CASE("a request has no effect unless the term runs") {
  election_fixture b;
  member a(b, "a");
  const auto one = a.enter(key);
  one->request_hand_over();
  CHECK_FALSE(one->hand_over_wanted());
  one->set_claims_wait(false);
  one->stand();
  b.rt.advance(1s);
  REQUIRE(one->can_hand_over());
  CHECK_FALSE(one->hand_over_wanted());
  one->stop(end_reason::shut_down);
  one->request_hand_over();
  CHECK_FALSE(one->hand_over_wanted());
  a.end();
  b.shut_down();
}
