#include "runtime/slab.hpp"

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace tenure::runtime;

class thing {
 public:
  explicit thing(std::size_t n) : number(n) {}
  std::size_t number;
  std::array<char, 200> more{};
};

TEST_CASE("what lies in a slab does not overlap, and keeps what it is") {
  std::vector<std::shared_ptr<thing>> all;
  std::set<std::uintptr_t> places;
  for (std::size_t i = 0; i < 30'000; ++i) {  // more than one huge page
    all.push_back(make_in_slab<thing>(i));
    places.insert(reinterpret_cast<std::uintptr_t>(all.back().get()));
  }
  std::uintptr_t end = 0;
  for (const std::uintptr_t at : places) {
    REQUIRE(at >= end);
    REQUIRE(at % alignof(thing) == 0);
    end = at + sizeof(thing);
  }
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < all.size(); ++i) wrong += all[i]->number != i;
  CHECK(wrong == 0);
}

// Under AddressSanitizer each place is alone.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool alone = true;
#elif defined(__has_feature)
constexpr bool alone = __has_feature(address_sanitizer);
#else
constexpr bool alone = false;
#endif

TEST_CASE("a place that is free again is the next one") {
  slab one(48);
  void* const first = one.take();
  void* const second = one.take();
  CHECK(first != second);
  one.give_back(first);
  void* const third = one.take();
  CHECK((alone || third == first));
  one.give_back(second);
  one.give_back(third);
}

TEST_CASE("a weak handle keeps the place, not the thing") {
  const auto counted = std::make_shared<int>(1);
  auto strong = make_in_slab<std::shared_ptr<int>>(counted);
  const std::weak_ptr<std::shared_ptr<int>> weak = strong;
  CHECK(counted.use_count() == 2);
  strong.reset();
  CHECK(counted.use_count() == 1);
  CHECK(weak.expired());
}

TEST_CASE("a map whose nodes lie in a slab") {
  std::map<std::string, int, std::less<>, slab_allocator<std::pair<const std::string, int>>> map;
  for (int i = 0; i < 5000; ++i) map.emplace(std::to_string(i), i);
  for (int i = 0; i < 5000; i += 2) map.erase(std::to_string(i));
  CHECK(map.size() == 2500);
  CHECK(map.find("4999")->second == 4999);
  CHECK(map.find("4998") == map.end());
}

TEST_CASE("slabs are for all threads") {
  std::vector<std::thread> threads;
  std::array<std::size_t, 4> wrong{};
  for (std::size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([t, &wrong] {
      std::vector<std::shared_ptr<thing>> mine;
      for (std::size_t i = 0; i < 20'000; ++i) {
        mine.push_back(make_in_slab<thing>(t * 1'000'000 + i));
        if (i % 3 == 0) mine[i / 3].reset();
      }
      for (std::size_t i = 0; i < mine.size(); ++i) {
        wrong[t] += mine[i] && mine[i]->number != t * 1'000'000 + i;
      }
    });
  }
  for (std::thread& t : threads) t.join();
  for (const std::size_t w : wrong) CHECK(w == 0);
}

}  // namespace
