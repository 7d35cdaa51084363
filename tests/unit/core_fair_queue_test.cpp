#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <numeric>

#include "core/util/fair_queue.hpp"

using tenure::core::fair_queue;

namespace {

/// Takes up to `n` items.
std::vector<int> take(fair_queue<int>& queue, std::size_t n) {
  std::size_t room = n;
  return queue.take([&room](int) { return room > 0 ? room-- > 0 : false; }, std::less<>());
}

/// Takes items up to this sum, and one in any case.
std::vector<int> take_sum(fair_queue<int>& queue, int sum) {
  return queue.take([&sum](int item) { return (sum -= item) >= 0; }, std::less<>());
}

}  // namespace

TEST_CASE("one burst is taken in order, over several calls") {
  fair_queue<int> queue;
  for (int i = 0; i < 5; ++i) queue.add(i);
  REQUIRE(take(queue, 3) == std::vector{0, 1, 2});
  REQUIRE(queue.size() == 2);
  REQUIRE(take(queue, 3) == std::vector{3, 4});
  REQUIRE(queue.empty());
  REQUIRE(take(queue, 3).empty());
}

TEST_CASE("a single item does not wait behind a burst of thousands") {
  fair_queue<int> queue;
  for (int i = 0; i < 1000; ++i) queue.add(i);
  REQUIRE(take(queue, 10).size() == 10);
  queue.add(5000);
  REQUIRE(take(queue, 10).front() == 10);   // the older burst goes first
  REQUIRE(take(queue, 10).front() == 5000);
  REQUIRE(queue.size() == 1001 - 30);
}

TEST_CASE("a batch is filled up from the bursts that follow") {
  fair_queue<int> queue;
  queue.add(1);
  REQUIRE(take(queue, 1) == std::vector{1});
  queue.add(2);
  queue.add(3);
  take(queue, 1);
  queue.add(4);
  queue.add(5);
  REQUIRE(take(queue, 4) == std::vector{3, 4, 5});
}

TEST_CASE("a burst whose first item did not fit keeps its turn") {
  fair_queue<int> queue;
  for (const int item : {1, 2, 11}) queue.add(item);  // burst A
  REQUIRE(take_sum(queue, 1) == std::vector{1});
  for (const int item : {20, 21}) queue.add(item);  // burst B
  REQUIRE(take_sum(queue, 2) == std::vector{2});     // from A, which goes behind B
  queue.add(3);                                      // burst C
  REQUIRE(take_sum(queue, 20) == std::vector{20});   // from B, which goes behind A and C
  REQUIRE(take_sum(queue, 11) == std::vector{11});   // the rest of A; C was only tested
  REQUIRE(take_sum(queue, 21) == std::vector{3});    // so C comes before B
  REQUIRE(take_sum(queue, 21) == std::vector{21});
  REQUIRE(queue.empty());
}

TEST_CASE("the items of a burst are sorted") {
  fair_queue<int> queue;
  for (const int i : {5, 3, 9, 1}) queue.add(i);
  REQUIRE(take(queue, 2) == std::vector{1, 3});
  for (const int i : {2, 0}) queue.add(i);
  REQUIRE(take(queue, 3) == std::vector{5, 9, 0});
}

TEST_CASE("an item that never fits is taken alone") {
  fair_queue<int> queue;
  queue.add(7);
  queue.add(8);
  REQUIRE(queue.take([](int) { return false; }, std::less<>()) == std::vector{7});
  REQUIRE(queue.take([](int) { return false; }, std::less<>()) == std::vector{8});
}

TEST_CASE("no item is lost or taken twice") {
  fair_queue<int> queue;
  std::vector<int> all;
  int next = 0;
  for (int round = 0; round < 200; ++round) {
    for (int i = 0; i < (round * 7) % 13; ++i) queue.add(next++);
    const std::vector<int> some = take(queue, 1 + static_cast<std::size_t>(round) % 5);
    all.insert(all.end(), some.begin(), some.end());
  }
  while (!queue.empty()) {
    const std::vector<int> some = take(queue, 4);
    all.insert(all.end(), some.begin(), some.end());
  }
  std::sort(all.begin(), all.end());
  std::vector<int> expected(static_cast<std::size_t>(next));
  std::iota(expected.begin(), expected.end(), 0);
  REQUIRE(all == expected);
}
