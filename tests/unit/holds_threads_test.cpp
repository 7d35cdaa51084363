// What other threads may touch of a term, under load. ThreadSanitizer watches.
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <stop_token>
#include <tenure/term.hpp>
#include <thread>
#include <vector>

#include "election/handles/access.hpp"
#include "election/term/lazy_stop_source.hpp"
#include "election/term/term_state.hpp"
#include "runtime/clock.hpp"

using namespace tenure;
using namespace std::chrono_literals;

TEST_CASE("any thread may ask a term whether it holds, copy it and let go of it") {
  const auto clock = runtime::system_boot_clock();
  auto state =
      std::make_shared<impl::term_state>(impl::key_name("k"), "s", 7, clock,
                                         std::weak_ptr<impl::term_host>(),
                                         std::weak_ptr<const boost::asio::any_io_executor>());
  state->open(clock->now() + 1h, clock->now() + 30min);
  term shared = impl::access::term_of(state);
  std::atomic<int> closed{0};
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&closed, &wrong, mine = shared] {
      bool held = true;
      for (int n = 0; held || n < 1000; ++n) {
        const bool was_closed = closed.load() == 1;
        const term copy = mine;
        const bool now_held = copy.holds();
        // Once closed it is closed for ever; a reason comes with it.
        if (was_closed && now_held) ++wrong;
        if (!held && now_held) ++wrong;
        if (was_closed && copy.reason() != end_reason::expired) ++wrong;
        if (copy.fence() != 7 || copy.key() != "k") ++wrong;
        if (was_closed && copy.guarantees(1ns)) ++wrong;
        held = now_held;
      }
    });
  }
  for (int n = 1; n < 10'000; ++n) {
    state->open(clock->now() + 1h + n * 1ms, clock->now() + 30min + n * 1ms);
  }
  state->reason.store(end_reason::expired);
  state->close();
  closed.store(1);
  shared = term();
  state.reset();
  for (std::thread& t : threads) t.join();
  REQUIRE(wrong.load() == 0);
}

TEST_CASE("a stop reaches every thread that asks for a token, whenever it asks") {
  for (int round = 0; round < 500; ++round) {
    impl::lazy_stop_source source;
    std::atomic<bool> go{false};
    std::atomic<int> called{0};
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([&] {
        while (!go) std::this_thread::yield();
        std::atomic<bool> mine{false};
        const std::stop_callback counts(source.token(), [&] {
          ++called;
          mine = true;
        });
        while (!mine) std::this_thread::yield();
      });
    }
    go = true;
    if (round % 2 == 1) std::this_thread::yield();
    if (!source.request_if_unused()) source.request();
    threads.clear();
    REQUIRE(called == 3);
    REQUIRE(source.token().stop_requested());
  }
}
