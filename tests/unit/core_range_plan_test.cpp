// Which queries watch which keys.
#include "core/watching/range_plan.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace tenure::core;

class watched_keys {
 public:
  explicit watched_keys(std::vector<std::string> texts) : texts_(std::move(texts)) {
    std::sort(texts_.begin(), texts_.end());
    texts_.erase(std::unique(texts_.begin(), texts_.end()), texts_.end());
    for (const std::string& t : texts_) keys.emplace_back(t);
  }
  std::vector<std::string_view> keys;

 private:
  std::vector<std::string> texts_;
};

range_set planned(const watched_keys& w, const plan_limits& limits = {},
                  const range_set& present = {}, const prefix_costs& costs = {}) {
  return plan_ranges(w.keys, present, costs, limits);
}

std::size_t size_of(const watch_range& r, const watched_keys& w) {
  return static_cast<std::size_t>(
      std::count_if(w.keys.begin(), w.keys.end(), [&](auto key) { return r.covers(key); }));
}

std::size_t largest(const range_set& plan, const watched_keys& w) {
  std::size_t most = 0;
  for (const watch_range& r : plan) most = std::max(most, size_of(r, w));
  return most;
}

std::vector<std::string> numbered(const std::string& before, int count, const std::string& after) {
  std::vector<std::string> all;
  for (int i = 0; i < count; ++i) {
    std::string number = std::to_string(i);
    number.insert(0, 5 - number.size(), '0');
    all.push_back(before + number + after);
  }
  return all;
}

const plan_limits budget_40{8, 128, 28};
const plan_limits budget_80{8, 128, 64};

void check_sound(const range_set& plan, const watched_keys& w) {
  std::size_t covered = 0;
  for (const watch_range& r : plan) {
    CHECK(addressable(r.text));
    CHECK_FALSE(r.text.empty());
    const std::size_t size = size_of(r, w);
    CHECK(size > 0);
    covered += size;
  }
  // Together with the next check: exactly one range covers each key.
  CHECK(covered == w.keys.size());
  for (const std::string_view key : w.keys) {
    const auto found = find_range(plan, watch_range(std::string(key), range_kind::key));
    REQUIRE(found != plan.end());
    CHECK(found->covers(key));
  }
  for (auto r = plan.begin(); r != plan.end(); ++r) {
    for (auto other = std::next(r); other != plan.end(); ++other) CHECK_FALSE(r->covers(*other));
  }
}

TEST_CASE("eight keys have a query each, nine share one for their prefix") {
  const watched_keys eight(numbered("jobs/", 8, "/leader"));
  const range_set each = planned(eight);
  check_sound(each, eight);
  CHECK(each.size() == 8);
  CHECK(std::all_of(each.begin(), each.end(), [](const auto& r) { return r.single(); }));

  const watched_keys nine(numbered("jobs/", 9, "/leader"));
  const range_set one = planned(nine, budget_40, each);
  CHECK(one == range_set{watch_range("jobs/0000", range_kind::prefix)});
  // Removing one key again changes nothing.
  CHECK(planned(eight, budget_40, one) == range_set{watch_range("jobs/0000", range_kind::prefix)});
  CHECK(planned(watched_keys(numbered("jobs/", 4, "/leader")), budget_40, one).size() == 4);
}

TEST_CASE("with fewer connections than keys, keys share a prefix") {
  const watched_keys three({"a/1", "a/2", "a/3"});
  CHECK(planned(three, plan_limits{8, 128, 2}) == range_set{watch_range("a/", range_kind::prefix)});
  // Nothing in common: the whole store is never asked for, whatever the alternative costs.
  const watched_keys apart({"a", "b", "c"});
  CHECK(planned(apart, plan_limits{8, 128, 1}).size() == 3);
}

TEST_CASE("ten thousand keys are divided over the connections") {
  const watched_keys w(numbered("service/election-", 10'000, "/leader"));
  const range_set few = planned(w, budget_40);
  check_sound(few, w);
  CHECK(few.size() <= 28);
  CHECK(few.size() >= 20);
  CHECK(largest(few, w) <= 1'000);
  const range_set many = planned(w, budget_80);
  check_sound(many, w);
  CHECK(many.size() <= 64);
  CHECK(many.size() >= 50);
}

TEST_CASE("there is about one query for 128 keys") {
  for (const int n : {9, 100, 128, 500, 1'000, 3'000}) {
    const watched_keys w(numbered("service/election-", n, ""));
    const range_set plan = planned(w, budget_80);
    check_sound(plan, w);
    CHECK(plan.size() <= 4 * ((static_cast<std::size_t>(n) + 127) / 128));
    CHECK(largest(plan, w) <= 512);
  }
}

TEST_CASE("a key that comes or goes changes little") {
  std::vector<std::string> texts = numbered("t/", 3'000, "/leader");
  const range_set before = planned(watched_keys(texts), budget_40);
  texts.emplace_back("t/00000/leader2");  // below a prefix of the plan
  CHECK(planned(watched_keys(texts), budget_40, before) == before);
  texts.emplace_back("elsewhere");
  range_set with = planned(watched_keys(texts), budget_40, before);
  CHECK(with.size() == before.size() + 1);
  CHECK(std::includes(with.begin(), with.end(), before.begin(), before.end()));
  texts.resize(2'000);
  const range_set fewer = planned(watched_keys(texts), budget_40, before);
  CHECK(std::includes(before.begin(), before.end(), fewer.begin(), fewer.end()));
  // Few keys share one prefix again.
  texts.resize(20);
  CHECK(planned(watched_keys(texts), budget_40, before).size() == 1);
}

TEST_CASE("a key that is the beginning of others has its own query") {
  std::vector<std::string> texts = numbered("job", 700, "");
  texts.emplace_back("job");
  texts.emplace_back("job0");
  const watched_keys w(texts);
  const range_set plan = planned(w, budget_80);
  check_sound(plan, w);
  CHECK(plan.contains(watch_range("job", range_kind::key)));
}

TEST_CASE("no query uses a prefix that Consul cleans away") {
  CHECK(addressable("a/b"));
  CHECK(addressable("a/"));
  CHECK(addressable("a/.b"));
  CHECK(addressable("a/..."));
  for (const char* bad : {"/a", "a//b", "a/.", "a/..", ".", "..", "./a", "a/../b", "/"}) {
    CHECK_FALSE(addressable(bad));
  }
  std::vector<std::string> texts = numbered("a/.", 300, "");
  for (const std::string& t : numbered("a/..", 300, "")) texts.push_back(t);
  for (const std::string& t : numbered("a/...", 300, "")) texts.push_back(t);
  for (const std::string& t : numbered(".", 300, "x")) texts.push_back(t);
  const watched_keys w(texts);
  for (const std::size_t most : {1U, 4U, 28U, 64U}) {
    const range_set plan = planned(w, plan_limits{8, 128, most});
    check_sound(plan, w);
  }
}

TEST_CASE("an oversized prefix is split if connections allow it, an unlistable one always") {
  const watched_keys w(numbered("t/", 50, "/leader"));
  REQUIRE(planned(w, budget_40) == range_set{watch_range("t/000", range_kind::prefix)});
  prefix_costs costs;
  costs.oversized.emplace("t/000");
  const range_set split = planned(w, budget_40, {}, costs);
  check_sound(split, w);
  CHECK(split.size() == 5);
  costs.oversized.emplace("t/0001");
  CHECK(planned(w, budget_40, split, costs).size() == 14);
  // With too few connections it stays.
  CHECK(planned(w, plan_limits{8, 128, 4}, {}, costs).size() == 1);
  costs.unlistable.emplace("t/000");
  const range_set forced = planned(w, plan_limits{8, 128, 4}, {}, costs);
  check_sound(forced, w);
  CHECK(forced.size() == 5);
}

TEST_CASE("random keys are covered once each, within the limit, and a plan is stable") {
  std::mt19937 random(20240229);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  for (int round = 0; round < 300; ++round) {
    const std::string letters = std::string("abcdefghijklmnopqrstuvwxyz0123456789")
                                    .substr(0, 2 + below(35));
    const std::size_t folders = 1 + below(20);
    std::vector<std::string> texts;
    const std::size_t n = 1 + below(round % 10 == 0 ? 5'000 : 400);
    for (std::size_t i = 0; i < n; ++i) {
      std::string key = "root/" + std::string(1, letters[below(letters.size())]);
      for (std::size_t d = below(4); d > 0; --d) {
        key += below(4) == 0 ? '/' : '.';
        key += letters[below(letters.size())];
        key += std::to_string(below(folders));
      }
      if (below(50) == 0) key = std::to_string(below(5)) + key;
      if (addressable(key)) texts.push_back(std::move(key));
    }
    const watched_keys w(std::move(texts));
    if (w.keys.empty()) continue;
    const plan_limits limits{8, 128, 1 + below(64)};
    const range_set plan = planned(w, limits);
    check_sound(plan, w);
    CHECK(planned(w, limits) == plan);
    // The keys begin in up to six ways, so they need up to six queries.
    CHECK(plan.size() <= std::max<std::size_t>(limits.most, 6));
    // A plan that is based on a stable plan changes nothing.
    const range_set again = planned(w, limits, plan);
    check_sound(again, w);
    CHECK(planned(w, limits, again) == again);
  }
}

TEST_CASE("evenly spread keys get queries of even size") {
  std::mt19937 random(4711);
  std::vector<std::string> texts;
  for (int i = 0; i < 10'000; ++i) {
    std::string key = "x/";
    for (int d = 0; d < 6; ++d) key += static_cast<char>('a' + random() % 4);
    texts.push_back(key + std::to_string(i));
  }
  const watched_keys w(std::move(texts));
  const range_set plan = planned(w, budget_80);
  check_sound(plan, w);
  CHECK(plan.size() == 64);
  CHECK(largest(plan, w) <= 2 * w.keys.size() / plan.size());
}

}  // namespace
