#include "runtime/timer_heap.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "runtime/random_source.hpp"

namespace {

using namespace tenure;
using namespace std::chrono_literals;

class probe : public runtime::timer {
 public:
  probe(std::function<void(probe&)> on_fire)
      : timer([](timer& t) noexcept { static_cast<probe&>(t).on_fire_(static_cast<probe&>(t)); }),
        on_fire_(std::move(on_fire)) {}

 private:
  std::function<void(probe&)> on_fire_;
};

time_point at(int ms) { return time_point(std::chrono::milliseconds(ms)); }

TEST_CASE("timers fire by deadline, and those of one instant in the order of arming") {
  runtime::timer_heap heap;
  std::vector<int> fired;
  std::vector<std::unique_ptr<probe>> probes;
  const int deadlines[] = {30, 10, 20, 10, 30, 10};
  for (int i = 0; i < 6; ++i) {
    probes.push_back(std::make_unique<probe>([&fired, i](probe&) { fired.push_back(i); }));
    heap.arm(*probes.back(), at(deadlines[i]));
  }
  CHECK(heap.next() == at(10));
  CHECK(heap.fire_due(at(9)) == 0);
  CHECK(heap.fire_due(at(20)) == 4);
  CHECK(fired == std::vector{1, 3, 5, 2});
  CHECK(heap.fire_due(at(1000)) == 2);
  CHECK(fired == std::vector{1, 3, 5, 2, 0, 4});
  CHECK(heap.empty());
  CHECK(heap.next() == time_point::max());
}

TEST_CASE("arming again moves a timer, disarming removes it") {
  runtime::timer_heap heap;
  int fired = 0;
  probe a([&](probe&) { ++fired; });
  heap.arm(a, at(10));
  heap.arm(a, at(50));
  CHECK(heap.size() == 1);
  CHECK(a.deadline() == at(50));
  CHECK(heap.fire_due(at(20)) == 0);
  heap.disarm(a);
  CHECK_FALSE(a.armed());
  heap.disarm(a);
  CHECK(heap.fire_due(at(100)) == 0);
  CHECK(fired == 0);
}

TEST_CASE("a timer is disarmed when it fires, and may arm itself again for the next turn") {
  runtime::timer_heap heap;
  int fired = 0;
  probe again([&](probe& self) {
    CHECK_FALSE(self.armed());
    ++fired;
    heap.arm(self, at(0));  // long past
  });
  int others = 0;
  probe other([&](probe&) { ++others; });
  heap.arm(again, at(5));
  heap.arm(other, at(10));
  CHECK(heap.fire_due(at(10)) == 2);
  CHECK(fired == 1);
  CHECK(others == 1);  // not starved by the one that arms for the past
  CHECK(heap.next() == at(10));
  CHECK(heap.fire_due(at(10)) == 1);
  CHECK(fired == 2);
  heap.disarm(again);
}

TEST_CASE("a firing timer may disarm and destroy others and itself") {
  runtime::timer_heap heap;
  std::vector<int> fired;
  std::unique_ptr<probe> first, second, third;
  third = std::make_unique<probe>([&](probe&) { fired.push_back(3); });
  second = std::make_unique<probe>([&](probe&) { fired.push_back(2); });
  first = std::make_unique<probe>([&](probe&) {
    fired.push_back(1);
    heap.disarm(*second);
    second.reset();
    first.reset();
  });
  heap.arm(*first, at(1));
  heap.arm(*second, at(2));
  heap.arm(*third, at(3));
  CHECK(heap.fire_due(at(5)) == 2);
  CHECK(fired == std::vector{1, 3});
}

TEST_CASE("a destroyed heap leaves its timers disarmed") {
  probe left([](probe&) { FAIL("fired"); });
  {
    runtime::timer_heap heap;
    heap.arm(left, at(1));
    CHECK(left.armed());
  }
  CHECK_FALSE(left.armed());
}

TEST_CASE("a heap agrees with a sorted list through ten thousand random steps") {
  const auto random = runtime::seeded_random(7);
  class item {
   public:
    std::unique_ptr<probe> timer;
    time_point deadline{};
    std::uint64_t order = 0;
    bool armed = false;
  };
  std::vector<item> items(200);
  runtime::timer_heap heap;  // goes first, and disarms what is left
  std::vector<std::size_t> fired;
  for (std::size_t i = 0; i < items.size(); ++i)
    items[i].timer = std::make_unique<probe>([&fired, i](probe&) { fired.push_back(i); });
  time_point now = at(0);
  std::uint64_t order = 0;
  for (int step = 0; step < 10'000; ++step) {
    item& chosen = items[random->below(items.size())];
    const std::uint64_t what = random->below(10);
    if (what < 6) {
      chosen.deadline = now + std::chrono::milliseconds(random->below(50));
      chosen.order = ++order;
      chosen.armed = true;
      heap.arm(*chosen.timer, chosen.deadline);
    } else if (what < 8) {
      chosen.armed = false;
      heap.disarm(*chosen.timer);
    } else {
      now += std::chrono::milliseconds(random->below(10));
      std::vector<std::size_t> due;
      for (std::size_t i = 0; i < items.size(); ++i)
        if (items[i].armed && items[i].deadline <= now) due.push_back(i);
      std::ranges::sort(due, {}, [&](std::size_t i) {
        return std::pair(items[i].deadline, items[i].order);
      });
      for (const std::size_t i : due) items[i].armed = false;
      fired.clear();
      heap.fire_due(now);
      REQUIRE(fired == due);
    }
    const auto armed = std::ranges::count_if(items, &item::armed);
    REQUIRE(heap.size() == static_cast<std::size_t>(armed));
  }
}

}  // namespace
