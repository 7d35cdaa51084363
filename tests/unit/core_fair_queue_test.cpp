#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <numeric>

#include "core/util/fair_queue.hpp"

using tenure::core::fair_queue;

namespace {

/// Takes `n` at a time.
std::vector<int> take(fair_queue<int>& line, std::size_t n) {
  std::size_t room = n;
  return line.take([&room](int) { return room > 0 ? room-- > 0 : false; }, std::less<>());
}

}  // namespace

TEST_CASE("what came together is taken together, in order") {
  fair_queue<int> line;
  for (int i = 0; i < 5; ++i) line.add(i);
  REQUIRE(take(line, 3) == std::vector{0, 1, 2});
  REQUIRE(line.size() == 2);
  REQUIRE(take(line, 3) == std::vector{3, 4});
  REQUIRE(line.empty());
  REQUIRE(take(line, 3).empty());
}

TEST_CASE("who comes alone does not wait behind all of a burst") {
  fair_queue<int> line;
  for (int i = 0; i < 1000; ++i) line.add(i);
  REQUIRE(take(line, 10).size() == 10);
  line.add(5000);
  REQUIRE(take(line, 10).front() == 10);   // the burst had been there before
  REQUIRE(take(line, 10).front() == 5000);
  REQUIRE(line.size() == 1001 - 30);
}

TEST_CASE("a batch is filled up from the bursts that follow") {
  fair_queue<int> line;
  line.add(1);
  REQUIRE(take(line, 1) == std::vector{1});
  line.add(2);
  line.add(3);
  take(line, 1);
  line.add(4);
  line.add(5);
  REQUIRE(take(line, 4) == std::vector{3, 4, 5});
}

TEST_CASE("a burst goes in order") {
  fair_queue<int> line;
  for (const int i : {5, 3, 9, 1}) line.add(i);
  REQUIRE(take(line, 2) == std::vector{1, 3});
  for (const int i : {2, 0}) line.add(i);
  REQUIRE(take(line, 3) == std::vector{5, 9, 0});
}

TEST_CASE("what does not fit anywhere goes alone") {
  fair_queue<int> line;
  line.add(7);
  line.add(8);
  REQUIRE(line.take([](int) { return false; }, std::less<>()) == std::vector{7});
  REQUIRE(line.take([](int) { return false; }, std::less<>()) == std::vector{8});
}

TEST_CASE("nothing is lost and nothing comes twice, however it is taken") {
  fair_queue<int> line;
  std::vector<int> all;
  int next = 0;
  for (int round = 0; round < 200; ++round) {
    for (int i = 0; i < (round * 7) % 13; ++i) line.add(next++);
    const std::vector<int> some = take(line, 1 + static_cast<std::size_t>(round) % 5);
    all.insert(all.end(), some.begin(), some.end());
  }
  while (!line.empty()) {
    const std::vector<int> some = take(line, 4);
    all.insert(all.end(), some.begin(), some.end());
  }
  std::sort(all.begin(), all.end());
  std::vector<int> expected(static_cast<std::size_t>(next));
  std::iota(expected.begin(), expected.end(), 0);
  REQUIRE(all == expected);
}
