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

TEST_CASE("slots do not overlap, and their objects keep their values") {
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
  make_full_region_huge();
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < all.size(); ++i) wrong += all[i]->number != i;
  CHECK(wrong == 0);
}

TEST_CASE("a freed slot is the next one to be taken") {
  slab one(48);
  void* const first = one.take();
  void* const second = one.take();
  CHECK(first != second);
  one.give_back(first);
  void* const third = one.take();
  CHECK((slab::passthrough_under_asan || third == first));
  one.give_back(second);
  one.give_back(third);
}

TEST_CASE("a weak handle keeps the slot, not the object") {
  class lone {
   public:
    std::shared_ptr<int> kept;
    std::array<char, 72> more{};
  };
  const auto counted = std::make_shared<int>(1);
  auto strong = make_in_slab<lone>(lone{counted, {}});
  const void* const place = strong.get();
  std::weak_ptr<lone> weak = strong;
  CHECK(counted.use_count() == 2);
  strong.reset();
  CHECK(counted.use_count() == 1);
  const auto second = make_in_slab<lone>();
  CHECK(second.get() != place);
  weak.reset();
  const auto third = make_in_slab<lone>();
  CHECK((slab::passthrough_under_asan || third.get() == place));
}

TEST_CASE("arrays are not allocated in slabs") {
  std::vector<thing, slab_allocator<thing>> all;
  for (std::size_t i = 0; i < 100; ++i) all.emplace_back(i);
  CHECK(all.front().number == 0);
  CHECK(all.back().number == 99);
}

TEST_CASE("a map whose nodes are in a slab") {
  std::map<std::string, int, std::less<>, slab_allocator<std::pair<const std::string, int>>> map;
  for (int i = 0; i < 5000; ++i) map.emplace(std::to_string(i), i);
  for (int i = 0; i < 5000; i += 2) map.erase(std::to_string(i));
  CHECK(map.size() == 2500);
  CHECK(map.find("4999")->second == 4999);
  CHECK(map.find("4998") == map.end());
}

TEST_CASE("any thread may take slots, and give back those of another") {
  constexpr std::size_t count = 4;
  constexpr std::size_t each = 20'000;
  std::array<std::vector<std::shared_ptr<thing>>, count> taken;
  const auto in_threads = [](auto what) {
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < count; ++t) threads.emplace_back(what, t);
    for (std::thread& t : threads) t.join();
  };
  in_threads([&](std::size_t t) {
    for (std::size_t i = 0; i < each; ++i) {
      taken[t].push_back(make_in_slab<thing>(t * each + i));
      if (i % 3 == 0) taken[t][i / 3].reset();
    }
  });
  std::array<std::size_t, count> wrong{};
  in_threads([&](std::size_t t) {
    auto& others = taken[(t + 1) % count];
    for (std::size_t i = 0; i < each; ++i) {
      wrong[t] += others[i] && others[i]->number != (t + 1) % count * each + i;
      others[i] = make_in_slab<thing>(i);
    }
    others.clear();
  });
  for (const std::size_t w : wrong) CHECK(w == 0);
}

}  // namespace
