// tenure::testing: how the world runs coroutines and time, and how it ends.
#include <boost/asio/error.hpp>
#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <tenure/testing.hpp>

namespace {

using namespace tenure;
using namespace std::chrono_literals;
using boost::asio::awaitable;
using testing::process;
using testing::task;
using testing::world;

const std::string key = "service/w/leader";

candidacy quick(std::string value) {
  return candidacy(std::move(value)).span(5s).ttl(10s).lock_delay(0s);
}

awaitable<int> answer_after(elections& all, duration d) {
  co_await all.sleep_until(all.now() + d);
  co_return 42;
}

awaitable<void> fail_after(elections& all, duration d) {
  co_await all.sleep_until(all.now() + d);
  throw std::out_of_range("no such job");
}

/// Leads again and again, for ever.
awaitable<void> take_part(elections& all, int& terms) {
  election e = all.enter(key, quick("host"));
  for (;;) {
    auto body = [&](term t) -> awaitable<void> {
      ++terms;
      while (t.holds()) co_await all.sleep_until(all.now() + 1s);
    };
    co_await e.lead(std::move(body));
  }
}

}  // namespace

TEST_CASE("a world runs coroutines in virtual time and returns or throws what they do") {
  world w;
  process& p = w.add_process();
  const time_point start = w.now();
  CHECK(p.elections().now() == start);
  CHECK(p.run(answer_after(p.elections(), 30min)) == 42);
  CHECK(w.now() == start + 30min);
  CHECK(w.run(answer_after(p.elections(), 1ms)) == 42);
  CHECK_THROWS_AS(p.run(fail_after(p.elections(), 1s)), std::out_of_range);
  w.run_for(500ms);
  CHECK(w.now() == start + 30min + 1s + 501ms);
}

TEST_CASE("a task runs while the world runs, and its exception is in the log") {
  world w;
  process& p = w.add_process();
  task<int> answer = p.spawn(answer_after(p.elections(), 5s));
  task<void> failing = w.spawn(fail_after(p.elections(), 2s));
  w.run_for(4s);
  CHECK_FALSE(answer.done());
  CHECK(failing.done());
  CHECK(w.log().find("2.000s test coroutine ended: no such job\n") != std::string::npos);
  CHECK(answer.get() == 42);
  CHECK_THROWS_AS(failing.get(), std::out_of_range);

  task<int> cancelled = p.spawn(answer_after(p.elections(), 5s));
  cancelled.cancel();
  w.run_until_idle();
  CHECK(cancelled.done());
  CHECK(cancelled.error() == boost::asio::error::operation_aborted);
}

TEST_CASE("run_until gives up at its patience, or when nothing can happen") {
  world w;
  process& p = w.add_process();
  const time_point start = w.now();
  const auto ticking = p.spawn(answer_after(p.elections(), 10s));
  CHECK(w.run_until([&] { return ticking.done(); }));
  CHECK(w.now() == start + 10s);
  const auto again = p.spawn(answer_after(p.elections(), 10s));
  CHECK_FALSE(w.run_until([&] { return again.done(); }, 5s));
  CHECK_FALSE(w.run_until([] { return false; }));
  CHECK(again.done());
}

TEST_CASE("a coroutine that never ends is an error, and so is running the world from inside") {
  world w;
  process& p = w.add_process();
  task<int> endless = p.spawn(answer_after(p.elections(), 2h));
  CHECK_THROWS_AS(endless.get(), std::runtime_error);

  const auto nested = [&]() -> awaitable<void> {
    co_await p.elections().sleep_until(w.now() + 1s);
    w.run_for(1s);
  };
  CHECK_THROWS_AS(p.run(nested()), std::logic_error);
}

TEST_CASE("destroying a task ends its coroutine") {
  world w;
  process& p = w.add_process();
  int terms = 0;
  {
    const auto running = p.spawn(take_part(p.elections(), terms));
    w.run_for(10s);
    CHECK(terms == 1);
    CHECK(w.find(key)->held());
  }
  w.run_until_idle();
  CHECK_FALSE(w.find(key)->held());

  auto replaced = p.spawn(take_part(p.elections(), terms));
  w.run_for(10s);
  CHECK(terms == 2);
  int other_terms = 0;
  replaced = w.spawn(take_part(w.add_process().elections(), other_terms));
  w.run_for(10s);
  CHECK(terms == 2);
  CHECK(other_terms == 1);
}

TEST_CASE("a world ends whatever state its processes are in") {
  int terms = 0;
  std::optional<task<void>> outlives;
  {
    world w;
    for (int i = 0; i < 5; ++i) {
      process& p = w.add_process();
      auto running = p.spawn(take_part(p.elections(), terms));
      w.run_for(10s);
      if (i == 0) outlives.emplace(std::move(running));
      if (i == 1) p.cut_off();
      if (i == 2) p.pause();
      if (i == 3) p.crash();
      if (i == 4) p.refuse_writes();
      w.run_for(1s);
    }
    w.stop_agent();
    w.run_for(1s);
  }
  CHECK(terms >= 1);
  CHECK(outlives->done());
}

namespace {

std::string a_run(std::uint64_t seed) {
  world w(seed);
  process& a = w.add_process();
  process& b = w.add_process(elections_options().liveness(2s));
  int terms = 0;
  const auto first = a.spawn(take_part(a.elections(), terms));
  const auto second = b.spawn(take_part(b.elections(), terms));
  w.run_for(20s);
  w.expire_holder(key);
  w.run_for(20s);
  a.cut_off();
  w.run_for(1min);
  a.reconnect();
  b.crash();
  w.run_for(2min);
  CHECK(terms >= 3);
  return w.log();
}

}  // namespace

TEST_CASE("a seed decides everything") {
  const std::string once = a_run(7);
  CHECK(once == a_run(7));
  CHECK(once != a_run(8));
}
