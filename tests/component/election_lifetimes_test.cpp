// What outlives what: operations that are dropped, that outlive their handles, and handles that are
// destroyed in every order. The sanitizers look on.
#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "election_handles.hpp"

using namespace tenure;
using namespace tenure::test;
using namespace tenure::test::every_handle;

namespace {

/// Makes every deferred operation, and drops it without initiating it.
void drop_deferred(handles& h, elections& all, term& fresh, const leader_writes& writes) {
  static_cast<void>(h.leading->async_leave());
  static_cast<void>(h.leading->async_campaign());
  static_cast<void>(h.leading->async_lead(body));
  static_cast<void>(h.holding->async_leave());
  static_cast<void>(h.holding->async_acquire());
  static_cast<void>(h.holding->async_hold(body));
  static_cast<void>(h.waiting->async_leave());
  static_cast<void>(h.watching->async_next());
  static_cast<void>(h.reading->async_get());
  static_cast<void>(h.reading->async_next());
  static_cast<void>(h.reading->async_set(fresh, {{"a", "b"}}));
  static_cast<void>(fresh.async_resign());
  static_cast<void>(fresh.async_proclaim("other"));
  static_cast<void>(fresh.async_prove());
  static_cast<void>(fresh.async_stop_requested());
  static_cast<void>(fresh.async_ended());
  static_cast<void>(fresh.async_write(writes));
  static_cast<void>(all.async_shut_down());
  static_cast<void>(all.async_depose(key));
  static_cast<void>(all.async_next_event());
  static_cast<void>(all.async_leader_of(key));
  static_cast<void>(all.async_leaders(""));
  static_cast<void>(all.async_ping());
  static_cast<void>(all.async_sleep_until(time_point::max()));
}

}  // namespace

TEST_CASE("an awaitable that is dropped has no effect") {
  election_fixture b;
  handles h(b);
  term fresh = h.term_of_election;
  static_cast<void>(h.leading->leave());
  static_cast<void>(h.leading->campaign());
  static_cast<void>(h.leading->lead(body));
  static_cast<void>(h.holding->leave());
  static_cast<void>(h.holding->acquire());
  static_cast<void>(h.holding->hold(body));
  static_cast<void>(h.waiting->leave());
  static_cast<void>(h.watching->next());
  static_cast<void>(h.reading->get());
  static_cast<void>(h.reading->next());
  static_cast<void>(h.reading->set(fresh, {{"a", "b"}}));
  static_cast<void>(fresh.resign());
  static_cast<void>(fresh.proclaim("other"));
  static_cast<void>(fresh.prove());
  static_cast<void>(fresh.stop_requested());
  static_cast<void>(fresh.ended());
  leader_writes writes;
  writes.set("a", "b");
  static_cast<void>(fresh.write(writes));
  elections& all = *h.p.elections;
  drop_deferred(h, all, fresh, writes);
  static_cast<void>(all.shut_down());
  static_cast<void>(all.depose(key));
  static_cast<void>(all.next_event());
  static_cast<void>(all.leader_of(key));
  static_cast<void>(all.leaders(""));
  static_cast<void>(all.ping());
  b.rt.advance(60s);
  CHECK(h.term_of_election.holds());
  CHECK(h.term_of_slot.holds());
  CHECK(b.rt.run(all.leader_of(key)).value == "me");
  CHECK(b.rt.run(h.reading->get()).values.empty());
  CHECK(b.key("a").empty());
  // The key is still entered, and its handle still leaves.
  CHECK(thrown_by([&] { static_cast<void>(all.enter(key, quick())); }) == errc::already_entered);
  CHECK(end_of(b, h.leading->leave()) == error_code());
  election again = all.enter(key, quick());
  CHECK(b.lead(again).holds());
  b.shut_down();
}

TEST_CASE("an awaitable outlives its handle") {
  election_fixture b;
  handles h(b);
  auto leaving = h.leading->leave();
  auto releasing = h.holding->leave();
  auto next = h.watching->next();
  auto settings = h.reading->get();
  h.leading.reset();
  h.holding.reset();
  h.watching.reset();
  h.reading.reset();
  CHECK(end_of(b, std::move(leaving)) == error_code());
  CHECK(end_of(b, std::move(releasing)) == error_code());
  CHECK(end_of(b, std::move(settings)) == error_code());
  CHECK(end_of(b, std::move(next)) == error_code());
  b.shut_down();
}

TEST_CASE("a deferred operation outlives its handle") {
  election_fixture b;
  handles h(b);
  auto leaving = h.leading->async_leave();
  auto releasing = h.holding->async_leave();
  auto next = h.watching->async_next();
  auto settings = h.reading->async_get();
  h.leading.reset();
  h.holding.reset();
  h.watching.reset();
  h.reading.reset();
  CHECK(async_end_of(b, std::move(leaving)) == error_code());
  CHECK(async_end_of(b, std::move(releasing)) == error_code());
  CHECK(async_end_of(b, std::move(settings)) == error_code());
  CHECK(async_end_of(b, std::move(next)) == error_code());
  b.shut_down();
}

TEST_CASE("nothing is left when work stops after the shut-down") {
  election_fixture b;
  handles h(b);
  h.leading->stand();
  const std::weak_ptr<impl::context> context = h.p.engine->shared();
  CHECK(end_of(b, h.p.elections->shut_down()) == error_code());
  CHECK(end_of(b, h.term_of_election.resign()) == error_code());
  CHECK(end_of(b, h.term_of_slot.resign()) == error_code());
  h.leading.reset();
  h.holding.reset();
  h.waiting.reset();
  h.watching.reset();
  h.reading.reset();
  h.p.elections.reset();
  h.p.engine.reset();
  b.rt.advance(60s);
  CHECK(context.expired());
}

TEST_CASE("a semaphore that is left while its session is created leaves no session behind") {
  election_fixture b;
  process& p = b.add();
  p.transport->network = [](runtime::lane, const runtime::http_request&) {
    return fate(50ms, 50ms);
  };
  semaphore s = p.elections->contend(prefix, 1, quick());
  running<term> waiting(b.rt, s.acquire());
  b.rt.advance(60ms);
  CHECK(end_of(b, s.leave()) == error_code());
  CHECK(waiting.error() == errc::shut_down);
  CHECK(b.ask("GET", "/v1/session/list").body == "[]");
  b.shut_down();
}

TEST_CASE("handles go in every order, before and after their elections object") {
  std::array<int, 6> order{0, 1, 2, 3, 4, 5};
  const bool shut_down_first = GENERATE(false, true);
  do {
    election_fixture b;
    handles h(b);
    if (shut_down_first) REQUIRE(end_of(b, h.p.elections->shut_down()) == error_code());
    for (const int which : order) {
      switch (which) {
        case 0:
          h.leading.reset();
          break;
        case 1:
          h.holding.reset();
          break;
        case 2:
          h.waiting.reset();
          break;
        case 3:
          h.watching.reset();
          break;
        case 4:
          h.reading.reset();
          break;
        case 5:
          h.p.elections.reset();
          h.p.engine.reset();
          break;
      }
      b.rt.advance(10ms);
    }
    b.rt.advance(60s);
    CHECK_FALSE(h.term_of_election.holds());
    CHECK_FALSE(h.term_of_slot.holds());
    CHECK(b.ask("GET", "/v1/session/list").body == "[]");
  } while (std::next_permutation(order.begin(), order.end()));
}
