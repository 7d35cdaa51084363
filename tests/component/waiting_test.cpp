// async_condition, sleeps and task scopes under virtual time.
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <catch2/catch_test_macros.hpp>
#include <optional>
#include <tenure/toolkit/async_condition.hpp>
#include <tenure/toolkit/task_scope.hpp>
#include <vector>

#include "testing/manual_runtime.hpp"

namespace {

using namespace tenure;
using namespace std::chrono_literals;
namespace asio = boost::asio;
using asio::awaitable;

// How a wait completed.
enum class outcome { none, notified, timed_out, cancelled };

awaitable<void> wait_once(runtime::async_condition& changed, time_point deadline, outcome& result) {
  try {
    const bool notified = co_await changed.wait(deadline);
    result = notified ? outcome::notified : outcome::timed_out;
  } catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::operation_aborted) result = outcome::cancelled;
  }
}

// A coroutine that can be cancelled.
class spawned {
 public:
  spawned(testing::manual_runtime& runtime, awaitable<void> task) {
    asio::co_spawn(runtime.executor(), std::move(task),
                   asio::bind_cancellation_slot(signal.slot(),
                                                [this](std::exception_ptr) { ended = true; }));
  }
  asio::cancellation_signal signal;
  bool ended = false;
};

TEST_CASE("a condition wakes all waiters, always by post") {
  testing::manual_runtime runtime;
  runtime::async_condition changed(runtime.timers());
  outcome first = outcome::none;
  outcome second = outcome::none;
  const spawned a(runtime, wait_once(changed, time_point::max(), first));
  const spawned b(runtime, wait_once(changed, runtime.now() + 1h, second));
  runtime.run_until_idle();
  changed.notify_all();
  CHECK(first == outcome::none);
  runtime.run_until_idle();
  CHECK(first == outcome::notified);
  CHECK(second == outcome::notified);
  CHECK(runtime.next_timer() == time_point::max());  // no timer left behind
}

TEST_CASE("a notification does not wake later waiters") {
  testing::manual_runtime runtime;
  runtime::async_condition changed(runtime.timers());
  changed.notify_all();
  outcome result = outcome::none;
  const spawned a(runtime, wait_once(changed, runtime.now() + 1s, result));
  runtime.advance(999ms);
  CHECK(result == outcome::none);
  runtime.advance(1ms);
  CHECK(result == outcome::timed_out);
}

TEST_CASE("a deadline in the past times out, but not inside the call") {
  testing::manual_runtime runtime;
  runtime::async_condition changed(runtime.timers());
  outcome result = outcome::none;
  const spawned a(runtime, wait_once(changed, runtime.now() - 1s, result));
  runtime.io().restart();
  runtime.io().poll();
  CHECK(result == outcome::none);
  runtime.run_until_idle();
  CHECK(result == outcome::timed_out);
}

TEST_CASE("waiters are cancelled independently") {
  testing::manual_runtime runtime;
  runtime::async_condition changed(runtime.timers());
  outcome first = outcome::none;
  outcome second = outcome::none;
  spawned a(runtime, wait_once(changed, runtime.now() + 1h, first));
  const spawned b(runtime, wait_once(changed, time_point::max(), second));
  runtime.run_until_idle();
  a.signal.emit(asio::cancellation_type::terminal);
  a.signal.emit(asio::cancellation_type::terminal);
  runtime.run_until_idle();
  CHECK(first == outcome::cancelled);
  CHECK(second == outcome::none);
  CHECK(runtime.next_timer() == time_point::max());
  changed.notify_all();
  runtime.run_until_idle();
  CHECK(second == outcome::notified);
}

TEST_CASE("a waiter that is notified and then cancelled learns of both") {
  testing::manual_runtime runtime;
  runtime::async_condition changed(runtime.timers());
  outcome result = outcome::none;
  bool next_threw = false;
  const auto body = [&]() -> awaitable<void> {
    co_await wait_once(changed, time_point::max(), result);
    try {
      co_await runtime::sleep_until(runtime.timers(), runtime.now());
    } catch (const boost::system::system_error&) {
      next_threw = true;
    }
  };
  spawned a(runtime, body());
  runtime.run_until_idle();
  changed.notify_all();
  a.signal.emit(asio::cancellation_type::terminal);
  runtime.run_until_idle();
  CHECK(result == outcome::notified);
  CHECK(next_threw);
}

TEST_CASE("a destroyed condition wakes its waiters, also those whose wait begins later") {
  testing::manual_runtime runtime;
  auto changed = std::make_unique<runtime::async_condition>(runtime.timers());
  outcome result = outcome::none;
  outcome late = outcome::none;
  const spawned a(runtime, wait_once(*changed, time_point::max(), result));
  runtime.run_until_idle();
  awaitable<bool> too_late = changed->wait();
  const auto body = [&]() -> awaitable<void> {
    const bool notified = co_await std::move(too_late);
    if (notified) late = outcome::notified;
  };
  const spawned b(runtime, body());
  changed.reset();
  runtime.run_until_idle();
  CHECK(result == outcome::notified);
  CHECK(late == outcome::notified);
}

TEST_CASE("a waiter may destroy the condition and wait for another") {
  testing::manual_runtime runtime;
  auto changed = std::make_unique<runtime::async_condition>(runtime.timers());
  int woken = 0;
  const auto body = [&]() -> awaitable<void> {
    co_await changed->wait();
    changed = std::make_unique<runtime::async_condition>(runtime.timers());
    co_await changed->wait();
    ++woken;
  };
  const spawned a(runtime, body());
  runtime.run_until_idle();
  changed->notify_all();
  runtime.run_until_idle();
  CHECK(woken == 0);
  changed->notify_all();
  runtime.run_until_idle();
  CHECK(woken == 1);
}

TEST_CASE("a thousand sleeps end on time and in order") {
  testing::manual_runtime runtime;
  const time_point start = runtime.now();
  std::vector<time_point> woke;
  const auto sleeper = [&](duration after) -> awaitable<void> {
    co_await runtime::sleep_until(runtime.timers(), start + after);
    woke.push_back(runtime.now());
  };
  std::vector<std::unique_ptr<spawned>> all;
  for (int i = 0; i < 1000; ++i) {
    const auto after = std::chrono::milliseconds(i * 7 % 1000);
    all.push_back(std::make_unique<spawned>(runtime, sleeper(after)));
  }
  runtime.advance(1s);
  REQUIRE(woke.size() == 1000);
  for (int i = 0; i < 1000; ++i)
    CHECK(woke[static_cast<std::size_t>(i)] == start + std::chrono::milliseconds(i));
}

TEST_CASE("a cancelled sleep throws and leaves no timer behind") {
  testing::manual_runtime runtime;
  std::optional<boost::system::error_code> error;
  const auto body = [&]() -> awaitable<void> {
    try {
      co_await runtime::sleep_until(runtime.timers(), runtime.now() + 1h);
    } catch (const boost::system::system_error& thrown) {
      error = thrown.code();
    }
  };
  spawned a(runtime, body());
  runtime.run_until_idle();
  CHECK_FALSE(error);
  a.signal.emit(asio::cancellation_type::terminal);
  runtime.run_until_idle();
  REQUIRE(error);
  CHECK(*error == asio::error::operation_aborted);
  CHECK(runtime.next_timer() == time_point::max());
  CHECK(a.ended);
}

TEST_CASE("a scope cancels all its tasks and awaits the last") {
  testing::manual_runtime runtime;
  int failures = 0;
  runtime::task_scope scope(runtime.executor(), runtime.timers(),
                            [&](std::exception_ptr) { ++failures; });
  int cleaned = 0;
  const auto task = [&](duration cleanup) -> awaitable<void> {
    try {
      co_await runtime::sleep_until(runtime.timers(), runtime.now() + 10h);
    } catch (const boost::system::system_error&) {
    }
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await runtime::sleep_until(runtime.timers(), runtime.now() + cleanup);
    ++cleaned;
  };
  scope.spawn(task(1s));
  scope.spawn(task(3s));
  CHECK(scope.size() == 2);
  runtime.run_until_idle();
  scope.cancel();
  bool joined = false;
  const auto joining = [&]() -> awaitable<void> {
    co_await scope.join();
    joined = true;
  };
  const spawned join(runtime, joining());
  runtime.advance(2999ms);
  CHECK(cleaned == 1);
  CHECK(scope.size() == 1);
  CHECK_FALSE(joined);
  runtime.advance(1ms);
  CHECK(cleaned == 2);
  CHECK(scope.size() == 0);
  CHECK(joined);
  CHECK(failures == 0);
}

TEST_CASE("spawn() does not start the task inside the call, not even on the executor's thread") {
  testing::manual_runtime runtime;
  runtime::task_scope scope(runtime.executor(), runtime.timers(), nullptr);
  bool started = false;
  bool started_inside = true;
  const auto task = [&]() -> awaitable<void> {
    started = true;
    co_return;
  };
  const auto spawner = [&]() -> awaitable<void> {
    scope.spawn(task());
    started_inside = started;
    co_return;
  };
  const spawned a(runtime, spawner());
  runtime.run_until_idle();
  CHECK(started);
  CHECK_FALSE(started_inside);
}

TEST_CASE("a task that is spawned after cancel() starts and is cancelled at once") {
  testing::manual_runtime runtime;
  runtime::task_scope scope(runtime.executor(), runtime.timers(), nullptr);
  scope.cancel();
  bool started = false;
  bool cancelled = false;
  const auto task = [&]() -> awaitable<void> {
    started = true;
    try {
      co_await runtime::sleep_until(runtime.timers(), runtime.now() + 1h);
    } catch (const boost::system::system_error&) {
      cancelled = true;
    }
  };
  scope.spawn(task());
  runtime.run_until_idle();
  CHECK(started);
  CHECK(cancelled);
  CHECK(scope.size() == 0);
}

TEST_CASE("a scope reports exceptions, but not cancellation") {
  testing::manual_runtime runtime;
  std::vector<std::string> told;
  runtime::task_scope scope(runtime.executor(), runtime.timers(), [&](std::exception_ptr thrown) {
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
      told.emplace_back(error.what());
    }
  });
  const auto thrower = [&]() -> awaitable<void> {
    co_await runtime::sleep_until(runtime.timers(), runtime.now() + 1s);
    throw std::runtime_error("broken");
  };
  const auto sleeper = [&]() -> awaitable<void> {
    co_await runtime::sleep_until(runtime.timers(), runtime.now() + 1h);
  };
  scope.spawn(thrower());
  scope.spawn(sleeper());
  runtime.advance(1s);
  scope.cancel();
  runtime.run_until_idle();
  CHECK(told == std::vector<std::string>{"broken"});
  CHECK(scope.size() == 0);
}

TEST_CASE("joining an empty scope completes, and cancelling a join does not end it") {
  testing::manual_runtime runtime;
  runtime::task_scope scope(runtime.executor(), runtime.timers(), nullptr);
  runtime.run(scope.join());
  const auto sleeper = [&]() -> awaitable<void> {
    co_await runtime::sleep_until(runtime.timers(), runtime.now() + 5s);
  };
  scope.spawn(sleeper());
  bool joined = false;
  const auto joining = [&]() -> awaitable<void> {
    co_await scope.join();
    joined = true;
  };
  spawned join(runtime, joining());
  runtime.run_until_idle();
  join.signal.emit(asio::cancellation_type::terminal);
  runtime.run_until_idle();
  CHECK_FALSE(joined);
  runtime.advance(5s);
  CHECK(joined);
}

TEST_CASE("cancelling just after a task has ended is safe") {
  testing::manual_runtime runtime;
  runtime::task_scope scope(runtime.executor(), runtime.timers(), nullptr);
  runtime::async_condition go(runtime.timers());
  const auto task = [&]() -> awaitable<void> { co_await go.wait(); };
  for (int i = 0; i < 10; ++i) scope.spawn(task());
  runtime.run_until_idle();
  go.notify_all();  // their ends are queued
  scope.cancel();   // and so is the news of the cancellation
  scope.cancel();
  runtime.run_until_idle();
  CHECK(scope.size() == 0);
}

TEST_CASE("a task may cancel its own scope") {
  testing::manual_runtime runtime;
  runtime::task_scope scope(runtime.executor(), runtime.timers(), nullptr);
  const auto canceller = [&]() -> awaitable<void> {
    co_await runtime::sleep_until(runtime.timers(), runtime.now() + 1s);
    scope.cancel();
  };
  const auto sleeper = [&]() -> awaitable<void> {
    co_await runtime::sleep_until(runtime.timers(), runtime.now() + 1h);
  };
  scope.spawn(sleeper());
  scope.spawn(canceller());
  scope.spawn(sleeper());
  runtime.advance(1s);
  CHECK(scope.size() == 0);
}

}  // namespace
