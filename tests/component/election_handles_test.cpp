// Handles in every state: left ones, moved-from ones, those after a shut-down. Each operation in
// its short form and with a completion token.
#include <catch2/catch_test_macros.hpp>
#include <type_traits>

#include "election_handles.hpp"

using namespace tenure;
using namespace tenure::test;
using namespace tenure::test::every_handle;

namespace {

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
