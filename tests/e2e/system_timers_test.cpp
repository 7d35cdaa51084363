// The system timers in real time: never early, in order, and no work for the io_context without a
// waiter.
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch_test_macros.hpp>
#include <tenure/toolkit/async_condition.hpp>
#include <vector>

#include "runtime/environment.hpp"

namespace {

using namespace tenure;
using namespace std::chrono_literals;
namespace asio = boost::asio;
using asio::awaitable;

class probe : public runtime::timer {
 public:
  explicit probe(runtime::timers& timers) noexcept
      : timer([](timer& t) noexcept {
          auto& self = static_cast<probe&>(t);
          ++self.fired;
          self.at = self.timers.now();
        }),
        timers(timers) {}
  runtime::timers& timers;
  int fired = 0;
  time_point at{};
};

TEST_CASE("sleepers wake after their deadlines, in order") {
  asio::io_context io{1};
  const auto timers = runtime::system_timers(io.get_executor());
  const time_point start = boot_clock::now();
  std::vector<int> woke;
  bool early = false;
  const auto sleeper = [&](int i) -> awaitable<void> {
    const time_point at = start + 20ms + i * 100us;
    co_await runtime::sleep_until(*timers, at);
    early = early || timers->now() < at;
    woke.push_back(i);
  };
  for (int i = 0; i < 200; ++i)
    asio::co_spawn(io, sleeper(i * 77 % 200), [](std::exception_ptr) {});
  io.run();
  CHECK_FALSE(early);
  REQUIRE(woke.size() == 200);
  for (int i = 0; i < 200; ++i) CHECK(woke[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("an io_context without armed timers runs out of work") {
  asio::io_context io{1};
  const auto timers = runtime::system_timers(io.get_executor());
  CHECK(io.run() == 0);
  probe one(*timers);
  timers->arm(one, boot_clock::now() + 1h);
  timers->disarm(one);
  io.restart();
  io.run();  // would take an hour
  CHECK(one.fired == 0);
  timers->arm(one, boot_clock::now() + 1h);
  timers->disarm(one);
  timers->arm(one, boot_clock::now() + 1ms);  // while the cancelled wait is still queued
  io.restart();
  io.run();
  CHECK(one.fired == 1);
}

TEST_CASE("an earlier timer fires first, and a past one at once but not inside arm()") {
  asio::io_context io{1};
  const auto timers = runtime::system_timers(io.get_executor());
  probe late(*timers);
  probe soon(*timers);
  probe past(*timers);
  timers->arm(late, boot_clock::now() + 1h);
  io.poll();
  timers->arm(soon, boot_clock::now() + 5ms);
  timers->arm(past, time_point::min());
  CHECK(past.fired == 0);
  while (soon.fired == 0) io.run_one();
  CHECK(past.fired == 1);
  CHECK(past.at <= soon.at);
  CHECK(late.fired == 0);
  timers->disarm(late);
  io.run();
}

TEST_CASE("destroyed timers cancel their pending wait") {
  asio::io_context io{1};
  {
    const auto timers = runtime::system_timers(io.get_executor());
    probe left(*timers);
    timers->arm(left, boot_clock::now() + 1h);
    io.poll();
    timers->disarm(left);
  }
  io.restart();
  io.run();  // would take an hour
  SUCCEED();
}

TEST_CASE("ten thousand sleeps, half of them cancelled") {
  asio::io_context io{1};
  const auto timers = runtime::system_timers(io.get_executor());
  const time_point start = boot_clock::now();
  int woke = 0;
  int cancelled = 0;
  const auto sleeper = [&](int i) -> awaitable<void> {
    try {
      co_await runtime::sleep_until(*timers, start + 100ms + std::chrono::microseconds(i % 1000));
      ++woke;
    } catch (const boost::system::system_error&) {
      ++cancelled;
    }
  };
  std::vector<std::unique_ptr<asio::cancellation_signal>> stops;
  for (int i = 0; i < 10'000; ++i) {
    stops.push_back(std::make_unique<asio::cancellation_signal>());
    asio::co_spawn(io, sleeper(i), asio::bind_cancellation_slot(stops.back()->slot(),
                                                                [](std::exception_ptr) {}));
  }
  asio::post(io, [&] {
    for (std::size_t i = 0; i < stops.size(); i += 2)
      stops[i]->emit(asio::cancellation_type::terminal);
  });
  io.run();
  CHECK(woke == 5000);
  CHECK(cancelled == 5000);
}

}  // namespace
