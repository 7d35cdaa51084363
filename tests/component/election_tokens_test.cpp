// One election driven by each kind of completion token, under virtual time.
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <catch2/catch_test_macros.hpp>
#include <future>
#include <stdexcept>
#include <tuple>

#include "election_fixture.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

using io_executor = asio::io_context::executor_type;

const std::string key = "service/a/leader";

candidacy quick(std::string value = "me") {
  return candidacy(std::move(value)).span(5s).ttl(10s).lock_delay(0s);
}

leader_writes one_write() {
  leader_writes writes;
  writes.set("a", "b");
  return writes;
}

/// What each test does: a campaign, a proof, a write, a new value, a resignation, the leaving.
class course {
 public:
  std::uint64_t fence = 0;
  bool proven = false;
  leader seen;
  end_reason why = end_reason::none;
  bool left = false;
  error_code error;  ///< the first one

  void note(const error_code& e) {
    if (!error) error = e;
  }
};

void check_course(election_fixture& b, const course& c) {
  CHECK_FALSE(c.error);
  CHECK(c.fence > 0);
  CHECK(c.proven);
  CHECK(c.seen.value == "other");
  CHECK(c.why == end_reason::resigned);
  CHECK(c.left);
  CHECK_FALSE(b.key("a").empty());
  CHECK(b.key(key).find("Session") == std::string::npos);
}

// -- awaitables of another executor type than the library's ---------------------------------------

asio::awaitable<void, io_executor> by_awaitables(elections& all, election& e, course& c) {
  const asio::use_awaitable_t<io_executor> token;
  term won = co_await e.async_campaign(token);
  c.fence = won.fence();
  const bool proven = co_await won.async_prove(token);
  c.proven = proven;
  leader_writes writes = one_write();
  co_await won.async_write(std::move(writes), token);
  co_await won.async_proclaim("other", token);
  const leader seen = co_await all.async_leader_of(key, token);
  c.seen = seen;
  const end_reason why = co_await won.async_resign(token);
  c.why = why;
  co_await e.async_leave(token);
  c.left = true;
}

// -- as_tuple -------------------------------------------------------------------------------------

constexpr auto as_result = asio::as_tuple(asio::deferred);

asio::awaitable<void> by_tuples(elections& all, election& e, course& c) {
  const std::tuple<error_code, term> campaign = co_await e.async_campaign(as_result);
  c.note(std::get<0>(campaign));
  const std::tuple<error_code, term> second = co_await e.async_campaign(as_result);
  CHECK(std::get<0>(second) == errc::already_entered);
  CHECK_FALSE(std::get<1>(second));
  term won = std::get<1>(campaign);
  c.fence = won.fence();
  const std::tuple<error_code, bool> proof = co_await won.async_prove(as_result);
  c.proven = std::get<1>(proof);
  leader_writes writes = one_write();
  const std::tuple<error_code> written = co_await won.async_write(std::move(writes), as_result);
  c.note(std::get<0>(written));
  const std::tuple<error_code> refused = co_await won.async_write(leader_writes(), as_result);
  CHECK(std::get<0>(refused) == errc::bad_argument);
  const std::tuple<error_code> proclaimed = co_await won.async_proclaim("other", as_result);
  c.note(std::get<0>(proclaimed));
  const std::tuple<error_code, leader> seen = co_await all.async_leader_of(key, as_result);
  c.seen = std::get<1>(seen);
  const std::tuple<error_code, end_reason> resigned = co_await won.async_resign(as_result);
  c.why = std::get<1>(resigned);
  const std::tuple<error_code> late = co_await won.async_proclaim("late", as_result);
  CHECK(std::get<0>(late) == errc::not_leading);
  const std::tuple<error_code> left = co_await e.async_leave(as_result);
  c.left = !std::get<0>(left);
}

// -- callbacks ------------------------------------------------------------------------------------

class by_callbacks {
 public:
  by_callbacks(elections& all, election& e, course& c) : all_(all), election_(e), course_(c) {}

  void start() {
    election_.async_campaign([this](error_code error, term won) {
      course_.note(error);
      course_.fence = won.fence();
      term_ = won;
      term_.async_prove([this](error_code prove_error, bool proven) {
        course_.note(prove_error);
        course_.proven = proven;
        write();
      });
    });
  }

 private:
  void write() {
    term_.async_write(one_write(), [this](error_code error) {
      course_.note(error);
      term_.async_proclaim("other", [this](error_code proclaim_error) {
        course_.note(proclaim_error);
        look();
      });
    });
  }
  void look() {
    all_.async_leader_of(key, [this](error_code error, leader seen) {
      course_.note(error);
      course_.seen = std::move(seen);
      term_.async_resign([this](error_code resign_error, end_reason why) {
        course_.note(resign_error);
        course_.why = why;
        election_.async_leave([this](error_code leave_error) { course_.left = !leave_error; });
      });
    });
  }

  elections& all_;
  election& election_;
  course& course_;
  term term_;
};

asio::awaitable<void> throwing_body(term) {
  throw std::runtime_error("the body failed");
  co_return;
}

}  // namespace

TEST_CASE("an election by awaitables of the io_context's own executor") {
  election_fixture b;
  process& p = b.add();
  election e = p.elections->enter(key, quick());
  course c;
  asio::co_spawn(b.rt.io(), by_awaitables(*p.elections, e, c), asio::detached);
  b.rt.advance(10s);
  check_course(b, c);
  b.shut_down();
}

TEST_CASE("an election by error codes in tuples") {
  election_fixture b;
  process& p = b.add();
  election e = p.elections->enter(key, quick());
  course c;
  b.rt.run(by_tuples(*p.elections, e, c));
  check_course(b, c);
  b.shut_down();
}

TEST_CASE("an election by callbacks, which are never called inside the initiation") {
  election_fixture b;
  process& p = b.add();
  election e = p.elections->enter(key, quick());
  course c;
  by_callbacks calls(*p.elections, e, c);
  calls.start();
  CHECK(c.fence == 0);
  b.rt.advance(10s);
  check_course(b, c);
  b.shut_down();
}

TEST_CASE("an election by futures") {
  election_fixture b;
  process& p = b.add();
  election e = p.elections->enter(key, quick());
  std::future<term> campaign = e.async_campaign(asio::use_future);
  b.rt.advance(10s);
  REQUIRE(campaign.wait_for(0s) == std::future_status::ready);
  term won = campaign.get();
  std::future<void> refused = won.async_write(leader_writes(), asio::use_future);
  std::future<end_reason> resigned = won.async_resign(asio::use_future);
  b.rt.advance(10s);
  CHECK_THROWS_AS(refused.get(), boost::system::system_error);
  CHECK(resigned.get() == end_reason::resigned);
  b.shut_down();
}

TEST_CASE("a campaign with a time limit, by a parallel group of deferred operations") {
  election_fixture b;
  process& rival = b.add();
  election other = rival.elections->enter(key, quick("other"));
  term held = b.lead(other);
  process& p = b.add();
  election e = p.elections->enter(key, quick());
  std::array<std::size_t, 2> order{9, 9};
  error_code campaign_error;
  error_code sleep_error;
  term won;
  const auto compete = [&] {
    asio::experimental::make_parallel_group(
        e.async_campaign(), p.elections->async_sleep_until(p.elections->now() + 3s))
        .async_wait(asio::experimental::wait_for_one(),
                    [&](std::array<std::size_t, 2> done, error_code first, term t,
                        error_code second) {
                      order = done;
                      campaign_error = first;
                      won = std::move(t);
                      sleep_error = second;
                    });
  };

  compete();
  b.rt.advance(2900ms);
  CHECK(order[0] == 9);
  CHECK(e.standing() == standing::candidate);
  b.rt.advance(200ms);
  CHECK(order[0] == 1);
  CHECK_FALSE(sleep_error);
  CHECK(campaign_error == asio::error::operation_aborted);
  CHECK_FALSE(won);
  CHECK(e.standing() == standing::watching);
  CHECK(held.holds());

  REQUIRE(b.rt.run(held.resign()) == end_reason::resigned);
  compete();
  b.rt.advance(1s);
  CHECK(order[0] == 0);
  CHECK_FALSE(campaign_error);
  CHECK(sleep_error == asio::error::operation_aborted);
  CHECK(won.holds());
  b.shut_down();
}

TEST_CASE("a handler runs on its own executor, and its signal cancels from there") {
  election_fixture b;
  process& rival = b.add();
  election other = rival.elections->enter(key, quick("other"));
  term held = b.lead(other);
  process& p = b.add();
  election e = p.elections->enter(key, quick());
  asio::io_context elsewhere(1);
  asio::cancellation_signal stop;
  std::optional<error_code> ended;
  e.async_campaign(asio::bind_executor(
      elsewhere, asio::bind_cancellation_slot(
                     stop.slot(), [&](error_code error, const term&) { ended = error; })));
  b.rt.advance(1s);
  asio::post(elsewhere, [&] { stop.emit(asio::cancellation_type::terminal); });
  elsewhere.run_one();
  b.rt.advance(1s);
  CHECK(e.standing() == standing::watching);
  CHECK_FALSE(ended);
  elsewhere.run();
  CHECK(ended == asio::error::operation_aborted);
  // It has completed: the signal reaches nothing any more.
  stop.emit(asio::cancellation_type::terminal);
  b.rt.advance(1s);
  b.shut_down();
}

TEST_CASE("what a body throws arrives as an exception, with every token") {
  election_fixture b;
  process& p = b.add();
  election e = p.elections->enter(key, quick());
  semaphore s = p.elections->contend("pool/c", 1, quick());
  std::exception_ptr from_lead;
  std::future<end_reason> from_hold = s.async_hold(throwing_body, asio::use_future);
  e.async_lead(throwing_body, [&](std::exception_ptr thrown, end_reason) { from_lead = thrown; });
  b.rt.advance(10s);
  REQUIRE(from_lead);
  CHECK_THROWS_AS(std::rethrow_exception(from_lead), std::runtime_error);
  CHECK_THROWS_AS(from_hold.get(), std::runtime_error);
  CHECK(b.key(key).find("Session") == std::string::npos);
  b.shut_down();
}

TEST_CASE("cancelling an async_lead cancels the body and releases the key first") {
  election_fixture b;
  process& p = b.add();
  election e = p.elections->enter(key, quick());
  elections& all = *p.elections;
  asio::cancellation_signal stop;
  std::exception_ptr thrown;
  bool done = false;
  term seen;
  auto body = [&](term t) -> asio::awaitable<void> {
    seen = t;
    co_await all.sleep_until(time_point::max());
  };
  e.async_lead(body, asio::bind_cancellation_slot(stop.slot(),
                                                  [&](std::exception_ptr error, end_reason) {
                                                    thrown = error;
                                                    done = true;
                                                  }));
  b.rt.advance(1s);
  REQUIRE(seen.holds());
  stop.emit(asio::cancellation_type::terminal);
  CHECK_FALSE(done);
  b.rt.advance(1s);
  REQUIRE(done);
  CHECK(impl::code_of(thrown) == asio::error::operation_aborted);
  CHECK(seen.reason() == end_reason::resigned);
  CHECK(b.key(key).find("Session") == std::string::npos);
  b.shut_down();
}

TEST_CASE("the elections' clock and its timer are those of the leases") {
  election_fixture b;
  process& p = b.add();
  CHECK(p.elections->now() == b.rt.now());
  const time_point at = b.rt.now() + 3s;
  running<bool> sleeps(b.rt, truly(p.elections->sleep_until(at)));
  b.rt.advance(3s - 1ns);
  CHECK_FALSE(sleeps.done());
  b.rt.advance(1ns);
  CHECK(sleeps.done());
  CHECK(p.elections->now() == at);
  running<bool> late(b.rt, truly(p.elections->sleep_until(at - 1s)));
  b.rt.run_until_idle();
  CHECK(late.done());
  running<bool> cancelled(b.rt, truly(p.elections->sleep_until(at + 1h)));
  b.rt.run_until_idle();
  cancelled.cancel();
  b.rt.run_until_idle();
  CHECK(cancelled.error() == asio::error::operation_aborted);
  b.shut_down();
}
