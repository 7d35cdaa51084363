// Handles in every state and every order of destruction: left ones, moved-from ones, operations
// that are dropped. Each operation in its short form and with a completion token. The sanitizers
// look on.
#include <algorithm>
#include <array>
#include <boost/asio/bind_executor.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>

#include "election_fixture.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

const std::string key = "service/a/leader";
const std::string prefix = "pool/c";

candidacy quick() { return candidacy("me").span(5s).ttl(10s).lock_delay(0s); }

/// How an operation ends within a minute; nothing while it still waits.
template <class T>
std::optional<error_code> end_of(election_fixture& b, asio::awaitable<T> task) {
  if constexpr (std::is_void_v<T>) {
    return end_of<bool>(b, truly(std::move(task)));
  } else {
    running<T> r(b.rt, std::move(task));
    b.rt.advance(60s);
    if (!r.done()) return std::nullopt;
    return r.error();
  }
}

error_code code_of(const error_code& code) { return code; }
error_code code_of(const std::exception_ptr& thrown) {
  return thrown ? impl::code_of(thrown) : error_code();
}

/// The same for an operation with a completion token. Never completes inside its initiation.
template <class Operation>
std::optional<error_code> async_end_of(election_fixture& b, Operation operation) {
  const auto ended = std::make_shared<std::optional<error_code>>();
  std::move(operation)(asio::bind_executor(
      b.rt.executor(), [ended](auto first, auto...) { *ended = code_of(first); }));
  CHECK_FALSE(ended->has_value());
  b.rt.advance(60s);
  return *ended;
}

asio::awaitable<void> body(term) { co_return; }

error_code thrown_by(const std::function<void()>& call) {
  try {
    call();
  } catch (const boost::system::system_error& e) {
    return e.code();
  }
  return {};
}

/// What is so of every election that has left or is empty.
void check_gone(election_fixture& b, election& e) {
  CHECK(end_of(b, e.campaign()) == errc::shut_down);
  CHECK(end_of(b, e.lead(body)) == errc::shut_down);
  CHECK(async_end_of(b, e.async_campaign()) == errc::shut_down);
  CHECK(async_end_of(b, e.async_lead(body)) == errc::shut_down);
  CHECK(thrown_by([&] { e.stand(); }) == errc::shut_down);
  e.withdraw();
  e.set_healthy(false);
  e.set_healthy(true);
  CHECK_FALSE(e.current());
  CHECK(e.standing() == standing::watching);
  CHECK_FALSE(e.last_error());
  CHECK(end_of(b, e.leave()) == error_code());
  CHECK(end_of(b, e.leave()) == error_code());
  CHECK(async_end_of(b, e.async_leave()) == error_code());
}

void check_gone(election_fixture& b, semaphore& s) {
  CHECK(end_of(b, s.acquire()) == errc::shut_down);
  CHECK(end_of(b, s.hold(body)) == errc::shut_down);
  CHECK(async_end_of(b, s.async_acquire()) == errc::shut_down);
  CHECK(async_end_of(b, s.async_hold(body)) == errc::shut_down);
  CHECK_FALSE(s.current());
  CHECK(s.standing() == standing::watching);
  CHECK_FALSE(s.last_error());
  CHECK(end_of(b, s.leave()) == error_code());
  CHECK(end_of(b, s.leave()) == error_code());
  CHECK(async_end_of(b, s.async_leave()) == error_code());
}

void check_gone(election_fixture& b, leader_settings& s) {
  CHECK(end_of(b, s.get()) == errc::shut_down);
  CHECK(end_of(b, s.next()) == errc::shut_down);
  CHECK(end_of(b, s.set(term(), {{"a", "b"}})) == errc::shut_down);
  CHECK(async_end_of(b, s.async_get()) == errc::shut_down);
  CHECK(async_end_of(b, s.async_next()) == errc::shut_down);
  CHECK(async_end_of(b, s.async_set(term(), {{"a", "b"}})) == errc::shut_down);
  CHECK_FALSE(s.last_error());
}

void check_gone(election_fixture& b, observer& o) {
  CHECK(end_of(b, o.next()) == errc::shut_down);
  CHECK(async_end_of(b, o.async_next()) == errc::shut_down);
  CHECK_FALSE(o.last_error());
}

void check_gone(election_fixture& b, elections& all) {
  CHECK(thrown_by([&] { static_cast<void>(all.enter(key, quick())); }) == errc::shut_down);
  CHECK(thrown_by([&] { static_cast<void>(all.observe(key)); }) == errc::shut_down);
  CHECK(thrown_by([&] { static_cast<void>(all.settings_in(key)); }) == errc::shut_down);
  CHECK(thrown_by([&] { static_cast<void>(all.contend(prefix, 1, quick())); }) == errc::shut_down);
  CHECK(end_of(b, all.next_event()) == errc::shut_down);
  CHECK(async_end_of(b, all.async_next_event()) == errc::shut_down);
  CHECK(end_of(b, all.shut_down()) == error_code());
  CHECK(end_of(b, all.shut_down()) == error_code());
  CHECK(async_end_of(b, all.async_shut_down()) == error_code());
}

template <class Handle>
void check_empty(const Handle& h) {
  CHECK_FALSE(h.valid());
  CHECK_FALSE(static_cast<bool>(h));
  CHECK_FALSE(h.get_executor());
}

/// All handles of one process, an election that leads and a slot that is held among them.
class handles {
 public:
  explicit handles(election_fixture& b)
      : p(b.add()),
        leading(p.elections->enter(key, quick())),
        holding(p.elections->contend(prefix, 2, quick())),
        waiting(p.elections->contend(prefix, 1, quick())),
        watching(p.elections->observe(key)),
        reading(p.elections->settings_in(leader_settings::key_for(key))) {
    term_of_election = b.lead(*leading);
    running<term> slot(b.rt, holding->acquire());
    b.rt.run_until([&] { return slot.done(); });
    term_of_slot = slot.value();
    REQUIRE(b.rt.run(watching->next()).present());
    REQUIRE(b.rt.run(reading->next()).values.empty());
  }

  process& p;
  std::optional<election> leading;
  std::optional<semaphore> holding;
  std::optional<semaphore> waiting;
  std::optional<observer> watching;
  std::optional<leader_settings> reading;
  term term_of_election;
  term term_of_slot;
};

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

// Only the library makes handles.
static_assert(!std::is_constructible_v<election, std::shared_ptr<impl::engine>,
                                       std::shared_ptr<impl::participant>>);
static_assert(!std::is_constructible_v<elections, std::shared_ptr<impl::engine>>);
static_assert(!std::is_constructible_v<semaphore, std::shared_ptr<impl::slot_candidate>>);
static_assert(!std::is_constructible_v<observer, std::shared_ptr<impl::leader_observer>>);
static_assert(
    !std::is_constructible_v<leader_settings, std::shared_ptr<impl::leader_settings_store>>);
static_assert(!std::is_constructible_v<term, std::shared_ptr<impl::term_state>>);

}  // namespace

TEST_CASE("a handle that has left keeps its key and refuses everything else") {
  election_fixture b;
  handles h(b);
  REQUIRE(h.leading->valid());
  CHECK(end_of(b, h.leading->leave()) == error_code());
  CHECK(h.leading->valid());
  CHECK(h.leading->key() == key);
  CHECK(h.leading->session().empty());
  check_gone(b, *h.leading);
  CHECK(h.term_of_election.reason() == end_reason::resigned);

  CHECK(end_of(b, h.holding->leave()) == error_code());
  CHECK(h.holding->valid());
  CHECK(h.holding->prefix() == prefix);
  CHECK(h.holding->slots() == 2);
  check_gone(b, *h.holding);
  CHECK(h.term_of_slot.reason() == end_reason::resigned);
  b.shut_down();
}

TEST_CASE("handles refuse everything after the shut-down") {
  election_fixture b;
  handles h(b);
  CHECK(end_of(b, h.p.elections->shut_down()) == error_code());
  check_gone(b, *h.p.elections);
  // Their work was not known to have stopped: it is for the holders to say so.
  CHECK(h.leading->standing() == standing::stopping);
  CHECK(h.holding->standing() == standing::stopping);
  CHECK(end_of(b, h.term_of_election.resign()) == error_code());
  CHECK(end_of(b, h.term_of_slot.resign()) == error_code());
  check_gone(b, *h.leading);
  check_gone(b, *h.holding);
  check_gone(b, *h.waiting);
  check_gone(b, *h.watching);
  check_gone(b, *h.reading);
  CHECK(h.leading->key() == key);
  CHECK(h.holding->prefix() == prefix);
  CHECK(h.term_of_election.reason() == end_reason::shut_down);
  CHECK(h.term_of_slot.reason() == end_reason::shut_down);
}

TEST_CASE("a moved-from handle is empty") {
  election_fixture b;
  handles h(b);
  const election moved_election = std::move(*h.leading);
  const semaphore moved_semaphore = std::move(*h.holding);
  const observer moved_observer = std::move(*h.watching);
  const leader_settings moved_settings = std::move(*h.reading);
  check_empty(*h.leading);
  check_empty(*h.holding);
  check_empty(*h.watching);
  check_empty(*h.reading);
  check_gone(b, *h.leading);
  check_gone(b, *h.holding);
  check_gone(b, *h.watching);
  check_gone(b, *h.reading);
  CHECK(h.leading->key().empty());
  CHECK(h.leading->session().empty());
  CHECK_FALSE(h.leading->last_seen());
  CHECK(h.holding->prefix().empty());
  CHECK(h.holding->slots() == 0);
  CHECK(h.holding->occupied() == 0);
  CHECK(h.reading->key().empty());
  CHECK(moved_election.valid());
  CHECK(moved_semaphore.valid());
  CHECK(moved_observer.valid());
  CHECK(moved_settings.valid());
  CHECK(h.term_of_election.holds());
  CHECK(h.term_of_slot.holds());

  elections moved = std::move(*h.p.elections);
  check_empty(*h.p.elections);
  check_gone(b, *h.p.elections);
  CHECK(end_of(b, h.p.elections->leader_of(key)) == errc::shut_down);
  CHECK(end_of(b, h.p.elections->leaders("")) == errc::shut_down);
  CHECK(end_of(b, h.p.elections->depose(key)) == errc::shut_down);
  CHECK(end_of(b, h.p.elections->ping()) == errc::shut_down);
  CHECK(async_end_of(b, h.p.elections->async_leader_of(key)) == errc::shut_down);
  CHECK(async_end_of(b, h.p.elections->async_leaders("")) == errc::shut_down);
  CHECK(async_end_of(b, h.p.elections->async_depose(key)) == errc::shut_down);
  CHECK(async_end_of(b, h.p.elections->async_ping()) == errc::shut_down);
  CHECK(async_end_of(b, h.p.elections->async_sleep_until(b.rt.now())) == errc::shut_down);
  CHECK(end_of(b, h.p.elections->sleep_until(b.rt.now())) == errc::shut_down);
  CHECK(thrown_by([&] { static_cast<void>(h.p.elections->now()); }) == errc::shut_down);
  CHECK(moved.valid());
  CHECK(h.term_of_election.holds());
  CHECK(end_of(b, moved.shut_down()) == error_code());
  b.shut_down();
}

TEST_CASE("an empty term answers at once") {
  election_fixture b;
  term empty;
  leader_writes writes;
  writes.set("a", "b");
  CHECK(end_of(b, empty.stop_requested()) == error_code());
  CHECK(end_of(b, empty.ended()) == error_code());
  CHECK(end_of(b, empty.prove()) == error_code());
  CHECK(end_of(b, empty.resign()) == error_code());
  CHECK(end_of(b, empty.proclaim("other")) == errc::not_leading);
  CHECK(end_of(b, empty.write(writes)) == errc::not_leading);
  CHECK(async_end_of(b, empty.async_stop_requested()) == error_code());
  CHECK(async_end_of(b, empty.async_ended()) == error_code());
  CHECK(async_end_of(b, empty.async_prove()) == error_code());
  CHECK(async_end_of(b, empty.async_resign()) == error_code());
  CHECK(async_end_of(b, empty.async_proclaim("other")) == errc::not_leading);
  CHECK(async_end_of(b, empty.async_write(writes)) == errc::not_leading);
  CHECK(empty.stop_token().stop_requested());
}

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
