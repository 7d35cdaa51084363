// Threads count in one registry while another one reads it: nothing is lost, and no counter falls.
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <tenure/metrics.hpp>
#include <thread>
#include <vector>

using namespace tenure;

TEST_CASE("a registry counts on several threads while another one reads it") {
  constexpr int writers = 3;
  constexpr int rounds = 20'000;
  metrics_registry all;
  std::atomic<int> running = writers;
  std::vector<std::thread> threads;
  for (int i = 0; i < writers; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < rounds; ++n) {
        all.count(metric::claims, 2);
        all.record(metric::claim_seconds, std::chrono::milliseconds(n % 100));
        all.change(metric::sessions, 1);
        all.change(metric::sessions, -1);
      }
      --running;
    });
  }
  std::int64_t claims = 0;
  std::uint64_t measured = 0;
  bool fell = false;
  while (running > 0) {
    const std::int64_t now = all.value(metric::claims);
    const std::uint64_t seen = all.recorded(metric::claim_seconds).count;
    fell = fell || now < claims || seen < measured || all.prometheus_text().empty();
    claims = now;
    measured = seen;
  }
  for (std::thread& t : threads) t.join();
  CHECK_FALSE(fell);
  CHECK(all.value(metric::claims) == 2 * writers * rounds);
  CHECK(all.value(metric::sessions) == 0);
  CHECK(all.recorded(metric::claim_seconds).count == writers * rounds);
}
