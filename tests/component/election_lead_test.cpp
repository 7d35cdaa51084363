// lead(body): the body runs while we lead and is cancelled in time; the key waits for it.
#include <boost/asio/this_coro.hpp>
#include <catch2/catch_test_macros.hpp>
#include <stdexcept>
#include <tenure/toolkit/async_condition.hpp>

#include "election_fixture.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

const std::string key = "service/b/leader";

candidacy quick(std::string value = "me") {
  return candidacy(std::move(value)).span(5s).ttl(10s).lock_delay(0s).stop_budget(1s);
}

/// What a body saw, with times since the bench began.
class diary {
 public:
  explicit diary(manual_runtime& r) : rt(r), start(r.now()) {}
  double seconds() const { return std::chrono::duration<double>(rt.now() - start).count(); }
  manual_runtime& rt;
  time_point start;
  int begun = 0;
  double stopped = -1;
  double returned = -1;
  bool held_when_stopped = false;
  bool held_when_returned = false;
  tenure::term term;
};

asio::awaitable<void> stubborn(diary& d, tenure::term t, duration cleanup) {
  ++d.begun;
  d.term = t;
  try {
    co_await runtime::sleep_until(d.rt.timers(), time_point::max());
  } catch (const boost::system::system_error&) {
    d.stopped = d.seconds();
    d.held_when_stopped = t.holds();
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await runtime::sleep_until(d.rt.timers(), d.rt.now() + cleanup);
  d.returned = d.seconds();
  d.held_when_returned = t.holds();
}

}  // namespace

TEST_CASE("a body that returns resigns") {
  election_fixture b;
  election e = b.add().elections->enter(key, quick());
  int calls = 0;
  auto body = [&calls](tenure::term t) -> asio::awaitable<void> {
    calls += t.holds() ? 1 : 100;
    co_return;
  };
  REQUIRE(b.rt.run(e.lead(std::move(body))) == end_reason::resigned);
  REQUIRE(calls == 1);
  REQUIRE(b.key(key).find("Session") == std::string::npos);
  b.shut_down();
}

TEST_CASE("cut off, the body is cancelled a stop budget before its lease ends") {
  election_fixture b;
  process& p = b.add();
  election e = p.elections->enter(key, quick());
  diary d(b.rt);
  auto body = [&d](tenure::term t) { return stubborn(d, std::move(t), 900ms); };
  running<end_reason> leading(b.rt, e.lead(std::move(body)));
  b.rt.advance(0s);
  REQUIRE(d.begun == 1);
  p.cut_off();
  b.rt.advance(30s);
  // Span 5 s: the lease of the claim sent at 0 ends at 4.85 s, less 1 s for stopping.
  REQUIRE(d.stopped == 3.85);
  REQUIRE(d.held_when_stopped);
  REQUIRE(d.returned == 4.75);
  REQUIRE(d.held_when_returned);
  REQUIRE(d.term.reason() == end_reason::expired);
  p.reconnect();
  b.rt.run_until([&] { return leading.done(); });
  REQUIRE(leading.value() == end_reason::expired);
  b.shut_down();
}

TEST_CASE("the key stays locked for as long as the body runs on") {
  election_fixture b;
  process& p = b.add();
  election e = p.elections->enter(key, quick());
  election other = b.add().elections->enter(key, quick("other"));
  diary d(b.rt);
  auto body = [&d](tenure::term t) { return stubborn(d, std::move(t), 60s); };
  running<end_reason> leading(b.rt, e.lead(std::move(body)));
  b.rt.advance(0s);
  other.stand();
  b.rt.advance(1s);
  const std::string session = d.term.session();
  SECTION("the caller gives up: no lease is lost while the body cleans up within it") {
    leading.cancel();
    b.rt.advance(2s);
    REQUIRE(d.stopped == 1.0);
    REQUIRE_FALSE(leading.done());
    REQUIRE(b.key(key).find(session) != std::string::npos);
    b.rt.run_until([&] { return leading.done(); });
    REQUIRE(d.returned == 61.0);
    REQUIRE(leading.error() == asio::error::operation_aborted);
    b.rt.advance(100ms);
    REQUIRE(other.standing() == standing::leading);
  }
  SECTION("the process shuts down") {
    running<bool> down(b.rt, truly(p.elections->shut_down()));
    b.rt.advance(2s);
    REQUIRE(d.stopped == 1.0);
    REQUIRE(b.key(key).find(session) != std::string::npos);
    b.rt.run_until([&] { return down.done(); });
    b.rt.run_until([&] { return leading.done(); });
    REQUIRE(leading.value() == end_reason::shut_down);
  }
  b.shut_down();
}

TEST_CASE("an exception of the body is rethrown, after the release") {
  election_fixture b;
  election e = b.add().elections->enter(key, quick());
  auto body = [](tenure::term) -> asio::awaitable<void> {
    throw std::runtime_error("boom");
    co_return;
  };
  running<end_reason> leading(b.rt, e.lead(std::move(body)));
  b.rt.run_until([&] { return leading.done(); });
  REQUIRE_THROWS_AS(leading.value(), std::runtime_error);
  REQUIRE(b.key(key).find("Session") == std::string::npos);
  b.shut_down();
}

TEST_CASE("operation_aborted from a body is rethrown unless the body was cancelled") {
  election_fixture b;
  process& p = b.add();
  election e = p.elections->enter(key, quick());
  SECTION("cancelled, by the end of its term") {
    auto body = [&b](tenure::term) {
      return runtime::sleep_until(b.rt.timers(), time_point::max());
    };
    running<end_reason> leading(b.rt, e.lead(std::move(body)));
    b.rt.advance(0s);
    p.cut_off();
    b.rt.advance(30s);
    p.reconnect();
    REQUIRE(b.rt.run_until([&] { return leading.done(); }));
    REQUIRE(leading.value() == end_reason::expired);
  }
  SECTION("not cancelled") {
    auto body = [](tenure::term) -> asio::awaitable<void> {
      throw boost::system::system_error(asio::error::operation_aborted);
      co_return;
    };
    running<end_reason> leading(b.rt, e.lead(std::move(body)));
    REQUIRE(b.rt.run_until([&] { return leading.done(); }));
    REQUIRE(leading.error() == asio::error::operation_aborted);
  }
  REQUIRE(b.key(key).find("Session") == std::string::npos);
  b.shut_down();
}

TEST_CASE("what a body captured is gone before the lock is") {
  election_fixture b;
  process& p = b.add();
  election e = p.elections->enter(key, quick());
  auto kept = std::make_shared<int>(1);
  std::weak_ptr<int> watch = kept;
  bool gone_at_release = false;
  p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    if (r.body.find("\"unlock\"") != std::string::npos) gone_at_release = watch.expired();
    return fate();
  };
  auto body = [kept = std::move(kept)](tenure::term) -> asio::awaitable<void> { co_return; };
  REQUIRE(b.rt.run(e.lead(std::move(body))) == end_reason::resigned);
  REQUIRE(gone_at_release);
  b.shut_down();
}

TEST_CASE("a body that resigned and runs on does not keep the next body from its cancellation") {
  election_fixture b;
  process& p = b.add();
  election e = p.elections->enter(key, quick());
  auto hasty = [&b](tenure::term t) -> asio::awaitable<void> {
    co_await t.resign();
    co_await runtime::sleep_until(b.rt.timers(), b.rt.now() + 1s);
  };
  running<end_reason> first(b.rt, e.lead(std::move(hasty)));
  const auto let_go = [&b] {
    const std::string stored = b.key(key);
    return !stored.empty() && stored.find("Session") == std::string::npos;
  };
  REQUIRE(b.rt.run_until(let_go, 5s));
  bool told = false;
  auto patient = [&](tenure::term) -> asio::awaitable<void> {
    try {
      co_await runtime::sleep_until(b.rt.timers(), time_point::max());
    } catch (const boost::system::system_error&) {
      told = true;
      throw;
    }
  };
  running<end_reason> second(b.rt, e.lead(std::move(patient)));
  b.rt.advance(2s);
  REQUIRE(first.done());
  REQUIRE(e.current().holds());
  p.cut_off();
  b.rt.advance(6s);
  CHECK(told);
  p.reconnect();
  b.rt.advance(20s);
  CHECK(second.done());
  b.shut_down();
}

TEST_CASE("session() is that of the candidate before it leads, and the new one after a loss") {
  election_fixture b;
  election first = b.add().elections->enter(key, quick("first"));
  election second = b.add().elections->enter(key, quick("second"));
  REQUIRE(second.session().empty());
  const term leading = b.lead(first);
  REQUIRE(first.session() == leading.session());

  second.stand();
  REQUIRE(b.rt.run_until([&] { return !second.session().empty(); }, 5s));
  const std::string lost = second.session();
  REQUIRE(lost != first.session());
  b.ask("PUT", "/v1/session/destroy/" + lost);
  REQUIRE(b.rt.run_until([&] { return !second.session().empty() && second.session() != lost; },
                         30s));
  b.shut_down();
}
