// The test runtime itself.
#include "testing/manual_runtime.hpp"

#include <boost/asio/awaitable.hpp>
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <tenure/toolkit/async_condition.hpp>

namespace {

using namespace tenure;
using namespace std::chrono_literals;
using boost::asio::awaitable;

TEST_CASE("virtual time moves only on request") {
  testing::manual_runtime runtime;
  const time_point start = runtime.now();
  runtime.run_until_idle();
  CHECK(runtime.now() == start);
  runtime.advance(5s);
  CHECK(runtime.now() == start + 5s);
  CHECK_FALSE(runtime.step());
}

TEST_CASE("a coroutine is run to its end, through its sleeps") {
  testing::manual_runtime runtime;
  const time_point start = runtime.now();
  const auto body = [&]() -> awaitable<std::string> {
    co_await runtime::sleep_until(runtime.timers(), start + 2h);
    co_return std::string("done");
  };
  CHECK(runtime.run(body()) == "done");
  CHECK(runtime.now() == start + 2h);
  const auto thrower = [&]() -> awaitable<void> {
    co_await runtime::sleep_until(runtime.timers(), start + 3h);
    throw std::out_of_range("thrown");
  };
  CHECK_THROWS_AS(runtime.run(thrower()), std::out_of_range);
}

TEST_CASE("run_until stops when its predicate holds, or at its limit") {
  testing::manual_runtime runtime;
  const time_point start = runtime.now();
  int ticks = 0;
  const auto ticking = [&]() -> awaitable<void> {
    for (int i = 0; i < 10; ++i) {
      co_await runtime::sleep_until(runtime.timers(), start + i * 1s);
      ++ticks;
    }
  };
  boost::asio::co_spawn(runtime.executor(), ticking(), [](std::exception_ptr) {});
  CHECK(runtime.run_until([&] { return ticks == 4; }));
  CHECK(runtime.now() == start + 3s);
  CHECK_FALSE(runtime.run_until([&] { return ticks == 9; }, 2s));
  CHECK(ticks == 6);
  CHECK_FALSE(runtime.run_until([&] { return ticks == 11; }));
  CHECK(ticks == 10);
}

}  // namespace
