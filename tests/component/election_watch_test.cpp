// Many keys watched by few blocking queries, while keys come and go.
#include <catch2/catch_test_macros.hpp>
#include <map>
#include <tenure/sharded_key.hpp>
#include <vector>

#include "election_adversity.hpp"

namespace {

using namespace tenure;
using namespace tenure::test;

/// Keeps what the watch reported last.
class listener final : public impl::key_watcher {
 public:
  void on_key_changed(const consul::kv_result& answer) override {
    ++reports;
    failed = false;
    exists = answer.entry.has_value();
    value = exists ? answer.entry->value : std::string();
    index = answer.index;
  }
  void on_watch_error(const error_code& why, const std::string&) override {
    failed = true;
    error = why;
  }
  int reports = 0;
  bool failed = false;
  bool exists = false;
  std::string value;
  std::uint64_t index = 0;
  error_code error;
};

using listeners = std::map<std::string, std::shared_ptr<listener>>;

void watch(process& p, listeners& all, const std::string& key) {
  auto l = std::make_shared<listener>();
  p.engine->shared()->watches.watch(tenure::impl::key_name(key), l);
  all[key] = std::move(l);
}

std::string name(const std::string& before, int i) {
  std::string number = std::to_string(i);
  number.insert(0, 4 - number.size(), '0');
  return before + number;
}

void put(election_fixture& b, const std::string& key, const std::string& value) {
  b.ask("PUT", "/v1/kv/" + key, value);
}

std::size_t polls(const process& p) { return p.transport->in_flight(runtime::lane::polls); }

consul_config with_connections(std::size_t n) {
  consul_config config;
  config.connections(n);
  return config;
}

void end(election_fixture& b, listeners& all) {
  all.clear();
  b.shut_down();
}

TEST_CASE("up to eight keys have a poll each, more share polls, and every change is reported") {
  election_fixture b;
  process& p = b.add();
  listeners all;
  for (int i = 0; i < 8; ++i) watch(p, all, name("k/", i));
  b.rt.advance(2s);
  CHECK(polls(p) == 8);
  for (int i = 8; i < 1000; ++i) watch(p, all, name("k/", i));
  b.rt.advance(40s);
  CHECK(p.engine->shared()->watches.queries() == 10);
  CHECK(polls(p) == 10);
  for (const auto& [key, l] : all) {
    REQUIRE(l->reports == 1);
    REQUIRE_FALSE(l->exists);
  }
  for (int i = 0; i < 1000; i += 37) {
    put(b, name("k/", i), "v" + std::to_string(i));
    b.rt.advance(1s);  // the first key below a prefix ends its pause
    REQUIRE(all[name("k/", i)]->value == "v" + std::to_string(i));
  }
  b.ask("DELETE", "/v1/kv/" + name("k/", 74));
  b.rt.run_until_idle();
  CHECK_FALSE(all[name("k/", 74)]->exists);
  CHECK(all[name("k/", 74)]->reports == 3);
  CHECK(all[name("k/", 75)]->reports == 1);  // no news, no report
  end(b, all);
}

TEST_CASE("a new watcher of a key that is watched already gets its state at once") {
  election_fixture b;
  process& p = b.add();
  for (int i = 0; i < 300; ++i) put(b, name("k/", i), "v");
  listeners all;
  for (int i = 0; i < 300; ++i) watch(p, all, name("k/", i));
  b.rt.advance(1s);
  const std::size_t before = p.transport->started(runtime::lane::requests);
  listeners second;
  watch(p, second, name("k/", 7));
  b.rt.run_until_idle();
  CHECK(second[name("k/", 7)]->value == "v");
  CHECK(p.transport->started(runtime::lane::requests) == before + 1);
  // One list serves many new watchers.
  for (int i = 100; i < 200; ++i) watch(p, second, name("k/", i));
  b.rt.run_until_idle();
  for (const auto& [key, l] : second) REQUIRE(l->value == "v");
  const std::size_t queries = p.engine->shared()->watches.queries();
  CHECK(p.transport->started(runtime::lane::requests) <= before + 2 + queries);
  second.clear();
  end(b, all);
}

TEST_CASE("polls end when their keys are no longer watched, thousands at a time") {
  election_fixture b;
  process& p = b.add();
  listeners all;
  for (int i = 0; i < 3000; ++i) put(b, name("k/", i), "v");
  for (int i = 0; i < 3000; ++i) watch(p, all, name("k/", i));
  b.rt.advance(1s);
  const std::size_t many = polls(p);
  CHECK(many > 20);
  CHECK(many <= 28);
  const std::uint64_t plans = p.engine->shared()->watches.counts().plans;
  for (int i = 4; i < 3000; ++i) all.erase(name("k/", i));
  b.rt.advance(40s);
  CHECK(polls(p) == 4);  // the last four have a poll each
  CHECK(p.engine->shared()->watches.counts().plans <= plans + 2);
  all.clear();
  b.rt.advance(40s);
  CHECK(polls(p) == 0);
  CHECK(p.engine->shared()->watches.queries() == 0);
  end(b, all);
}

TEST_CASE("a change of the plan leaves no key blind and drops no poll") {
  election_fixture b;
  process& p = b.add();
  listeners all;
  int version = 0;
  const auto all_see_a_change = [&](duration within) {
    ++version;
    for (const auto& [key, l] : all) put(b, key, std::to_string(version));
    b.rt.advance(within);
    for (const auto& [key, l] : all) {
      INFO(key);
      REQUIRE(l->value == std::to_string(version));
    }
  };
  // From a query for each key over one prefix to as many prefixes as there are connections.
  for (const int most : {3, 8, 9, 40, 130, 600, 2000, 5000}) {
    for (int i = static_cast<int>(all.size()); i < most; ++i) watch(p, all, name("k/", i));
    b.rt.advance(10ms);
    all_see_a_change(1100ms);
    all_see_a_change(1100ms);
  }
  for (const int least : {1500, 300, 20, 4}) {
    while (static_cast<int>(all.size()) > least) all.erase(std::prev(all.end()));
    b.rt.advance(10ms);
    all_see_a_change(1100ms);
    all_see_a_change(1100ms);
  }
  CHECK(p.transport->peak(runtime::lane::polls) <= 28);
  b.rt.advance(40s);
  CHECK(polls(p) == 4);
  end(b, all);
}

TEST_CASE("a key that is added to thousands of others is watched at once") {
  election_fixture b;
  consul_config config;
  SECTION("40 connections") { config.connections(40); }
  SECTION("80 connections") { config.connections(80); }
  process& p = b.add({}, config);
  listeners all;
  const auto sharded = [](int i) { return sharded_key("jobs", std::to_string(i)); };
  for (int i = 0; i < 5000; ++i) put(b, sharded(i), "v");
  for (int i = 0; i < 5000; ++i) watch(p, all, sharded(i));
  b.rt.advance(2s);
  CHECK(p.engine->shared()->watches.queries() >= (config.connections() == 80 ? 64U : 19U));
  for (const char* const late : {"a/leader", "z/leader"}) {
    watch(p, all, late);
    put(b, late, "0");
    b.rt.advance(1s);
    const std::size_t waits = p.engine->shared()->watches.counts().waits;
    for (int i = 1; i < 20; ++i) {
      put(b, late, std::to_string(i));
      b.rt.advance(50ms);
      REQUIRE(all[late]->value == std::to_string(i));
    }
    CHECK(p.engine->shared()->watches.counts().waits == waits);
    b.rt.advance(40s);  // until the polls of the old plan have ended
  }
  end(b, all);
}

TEST_CASE("a prefix with too many unwatched keys is split") {
  election_fixture b;
  process& p = b.add();
  for (int i = 0; i < 3000; ++i) put(b, name("t/a/data/", i), "x");
  listeners all;
  for (int i = 0; i < 20; ++i) watch(p, all, name("t/a/leader-", i));
  for (int i = 0; i < 20; ++i) watch(p, all, name("t/b/leader-", i));
  b.rt.advance(2s);
  CHECK(p.engine->shared()->watches.counts().costly_prefixes > 0);
  CHECK(p.engine->shared()->watches.queries() == 2);
  put(b, name("t/a/leader-", 3), "v");
  put(b, name("t/b/leader-", 3), "v");
  b.rt.advance(1s);
  CHECK(all[name("t/a/leader-", 3)]->exists);
  CHECK(all[name("t/b/leader-", 3)]->exists);
  // Writes to the unwatched keys no longer end any poll.
  const std::size_t before = p.transport->started(runtime::lane::polls);
  for (int i = 0; i < 300; ++i) {
    put(b, name("t/a/data/", i), "y");
    b.rt.advance(100ms);
  }
  CHECK(p.transport->started(runtime::lane::polls) - before < 20);
  end(b, all);
}

TEST_CASE("an empty prefix, which every write to the store wakes, is polled with a pause") {
  election_fixture b;
  process& p = b.add();
  listeners all;
  for (int i = 0; i < 100; ++i) watch(p, all, name("k/", i));
  b.rt.advance(1s);
  const std::size_t before = p.transport->started(runtime::lane::polls);
  for (int i = 0; i < 1000; ++i) {
    put(b, "elsewhere", std::to_string(i));
    b.rt.advance(10ms);
  }
  const std::size_t made = p.transport->started(runtime::lane::polls) - before;
  CHECK(made >= 10);
  CHECK(made <= 81);
  for (const auto& [key, l] : all) REQUIRE(l->reports == 1);
  end(b, all);
}

TEST_CASE("a storm costs pauses, and the first change after a quiet poll none") {
  election_fixture b;
  process& p = b.add();
  for (int i = 0; i < 100; ++i) put(b, name("k/", i), "v");
  listeners all;
  for (int i = 0; i < 100; ++i) watch(p, all, name("k/", i));
  b.rt.advance(1s);
  std::size_t before = p.transport->started(runtime::lane::polls);
  for (int i = 0; i < 1000; ++i) {
    put(b, name("k/", i % 100), std::to_string(i));
    b.rt.advance(1ms);
  }
  CHECK(p.transport->started(runtime::lane::polls) - before <= 60);
  b.rt.advance(1s);
  for (int i = 0; i < 100; ++i) REQUIRE(all[name("k/", i)]->value == std::to_string(900 + i));
  before = p.transport->started(runtime::lane::polls);
  for (int i = 0; i < 50; ++i) {
    put(b, name("k/", i), "new");
    b.rt.run_until_idle();
    REQUIRE(all[name("k/", i)]->value == "new");
    b.rt.advance(30ms);
  }
  CHECK(p.transport->started(runtime::lane::polls) - before == 50);
  end(b, all);
}

TEST_CASE("prefixes without a connection for a poll are listed each second") {
  election_fixture b;
  process& p = b.add({}, with_connections(4));
  REQUIRE(p.engine->shared()->client.config().connections() == 4);
  listeners all;
  for (const char* top : {"a", "b", "c", "d", "e", "f"}) {
    for (int i = 0; i < 10; ++i) watch(p, all, name(top + std::string("/"), i));
  }
  for (const auto& [key, l] : all) put(b, key, "1");
  b.rt.advance(2s);
  CHECK(p.engine->shared()->watches.queries() == 6);
  for (const auto& [key, l] : all) REQUIRE(l->value == "1");
  for (int round = 2; round < 40; ++round) {
    for (const auto& [key, l] : all) put(b, key, std::to_string(round));
    b.rt.advance(1200ms);
    for (const auto& [key, l] : all) REQUIRE(l->value == std::to_string(round));
  }
  CHECK(p.transport->peak(runtime::lane::polls) <= 2);
  end(b, all);
}

TEST_CASE("if lists are refused, a few keys are watched one by one") {
  election_fixture b;
  process& p = b.add();
  p.transport->network = [](runtime::lane, const runtime::http_request& r) {
    return fate(has(r.target, "recurse") ? mishap::forbidden : mishap::none);
  };
  listeners all;
  for (int i = 0; i < 25; ++i) watch(p, all, name("k/", i));
  b.rt.advance(20s);
  CHECK(p.engine->shared()->watches.queries() == 25);
  for (int i = 0; i < 25; ++i) put(b, name("k/", i), "v");
  b.rt.advance(1s);
  for (const auto& [key, l] : all) {
    CHECK(l->value == "v");
    CHECK_FALSE(l->failed);
  }
  end(b, all);
}

TEST_CASE("all watchers learn of an outage and of its end") {
  election_fixture b;
  process& p = b.add();
  for (int i = 0; i < 50; ++i) put(b, name("k/", i), "v");
  listeners all;
  for (int i = 0; i < 50; ++i) watch(p, all, name("k/", i));
  b.rt.advance(1s);
  p.transport->network = [](runtime::lane, const runtime::http_request&) {
    return fate(mishap::refused);
  };
  put(b, name("k/", 3), "w");  // ends the poll that is under way
  b.rt.advance(5s);
  for (const auto& [key, l] : all) REQUIRE(l->failed);
  listeners late;
  watch(p, late, name("k/", 60));
  b.rt.advance(6s);
  CHECK(late.begin()->second->failed);
  p.reconnect();
  b.rt.advance(6s);
  for (const auto& [key, l] : all) REQUIRE_FALSE(l->failed);
  CHECK_FALSE(late.begin()->second->failed);
  late.clear();
  end(b, all);
}

TEST_CASE("an answer that a newer one overtook is not reported") {
  election_fixture b;
  process& p = b.add();
  for (int i = 0; i < 100; ++i) put(b, name("k/", i), "old");
  listeners all;
  for (int i = 0; i < 100; ++i) watch(p, all, name("k/", i));
  b.rt.advance(1s);
  // The list for new watchers takes long to arrive.
  p.transport->network = [](runtime::lane where, const runtime::http_request&) {
    return where == runtime::lane::requests ? fate(0s, 500ms) : fate();
  };
  listeners second;
  watch(p, second, name("k/", 5));
  for (int i = 200; i < 220; ++i) watch(p, second, name("k/", i));
  b.rt.advance(100ms);
  put(b, name("k/", 5), "new");
  b.rt.advance(100ms);
  CHECK(all[name("k/", 5)]->value == "new");
  CHECK(second[name("k/", 5)]->value == "new");
  b.rt.advance(2s);
  CHECK(all[name("k/", 5)]->value == "new");
  CHECK(second[name("k/", 5)]->value == "new");
  CHECK(second[name("k/", 210)]->reports >= 1);
  second.clear();
  end(b, all);
}

TEST_CASE("keys that no request can carry are refused when they are entered or observed") {
  election_fixture b;
  process& p = b.add();
  for (const char* bad : {"", "/a", "a//b", "a/../b", "a/."}) {
    INFO(bad);
    CHECK_THROWS(p.elections->enter(bad, quick()));
    CHECK_THROWS(p.elections->observe(bad));
    CHECK_THROWS(p.elections->settings_in(bad));
    CHECK_THROWS(p.elections->contend(bad, 1, quick()));
  }
  b.shut_down();
}

}  // namespace
