// Processes that share the elections of a group: each runs a body in every election that it leads.
#pragma once

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tenure/group.hpp>
#include <utility>
#include <vector>

#include "election_adversity.hpp"

namespace tenure::test {

/// What the bodies of all processes did.
class body_ledger {
 public:
  std::map<std::string, int> running;   ///< bodies, by key
  std::map<std::string, int> began;     ///< terms, by key
  std::map<std::string, time_point> ended_at;
  duration longest_gap{};               ///< between the bodies of one key
  bool overlap = false;

  void begin(const std::string& key, time_point now) {
    ++began[key];
    overlap = overlap || ++running[key] > 1;
    if (const auto ended = ended_at.find(key); ended != ended_at.end()) {
      longest_gap = std::max(longest_gap, now - ended->second);
    }
  }
  void end(const std::string& key, time_point now) {
    --running[key];
    ended_at[key] = now;
  }
  /// From now on.
  void reset() {
    began.clear();
    ended_at.clear();
    longest_gap = {};
  }
  int total() const {
    int sum = 0;
    for (const auto& [key, terms] : began) sum += terms;
    return sum;
  }
  int most() const {
    int most = 0;
    for (const auto& [key, terms] : began) most = std::max(most, terms);
    return most;
  }
};

enum class manners { obeys, ignores };

class group_process {
 public:
  group_process(election_fixture& b, body_ledger& ledger, const membership& how)
      : b_(b), ledger_(ledger), p(b.add()), name(how.name()), g(p.elections->join("jobs", how)) {}

  void enter(const std::string& key) {
    elections.push_back(std::make_unique<election>(g->enter(key)));
    works.push_back(std::make_unique<running<bool>>(b_.rt, work(*elections.back())));
  }
  std::size_t leads() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        elections, [](const auto& e) { return e->standing() == standing::leading; }));
  }
  election& at(const std::string& key) {
    return **std::ranges::find_if(elections, [&](const auto& e) { return e->key() == key; });
  }
  /// As its group shows this member, or another.
  group_member_status status(const std::string& of) const {
    for (const group_member_status& one : g->members()) {
      if (one.name == of) return one;
    }
    return {};
  }
  std::string session() const { return status(name).session; }
  /// The process is gone, and Consul has noticed it.
  void kill() {
    const std::string dead = session();
    p.cut_off();
    b_.ask("PUT", "/v1/session/destroy/" + dead);
  }

 private:
  election_fixture& b_;
  body_ledger& ledger_;

 public:
  process& p;
  const std::string name;
  std::optional<group> g;
  manners how = manners::obeys;
  duration cleanup{0};  ///< of each body that ends
  std::vector<std::unique_ptr<election>> elections;
  std::vector<std::unique_ptr<running<bool>>> works;

 private:
  asio::awaitable<bool> work(election& e) {
    bool open = true;
    while (open) {
      const auto body = [this](term t) { return lead(std::move(t)); };
      try {
        co_await e.lead(body);
      } catch (const boost::system::system_error&) {
        open = false;
      }
    }
    co_return true;
  }
  asio::awaitable<void> lead(term t) {
    const std::string key = t.key();
    ledger_.begin(key, b_.rt.now());
    try {
      while (how == manners::ignores) {
        co_await runtime::sleep_until(b_.rt.timers(), b_.rt.now() + 1s);
      }
      co_await t.hand_over_requested();
    } catch (const boost::system::system_error&) {
    }
    if (cleanup > duration{0}) {
      co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
      co_await runtime::sleep_until(b_.rt.timers(), b_.rt.now() + cleanup);
    }
    ledger_.end(key, b_.rt.now());
  }
};

class group_fixture : public election_fixture {
 public:
  explicit group_fixture(int elections) {
    for (int i = 0; i < elections; ++i) {
      keys.push_back(std::string("jobs/") + (i < 10 ? "0" : "") + std::to_string(i));
    }
  }

  static membership named(const std::string& name) {
    return membership(name, quick(name)).settling_time(1s);
  }
  group_process& join(const membership& how) {
    members.push_back(std::make_unique<group_process>(*this, ledger, how));
    for (const std::string& key : keys) members.back()->enter(key);
    return *members.back();
  }
  group_process& join(const std::string& name) { return join(named(name)); }
  std::size_t led() const {
    std::size_t sum = 0;
    for (const auto& m : members) sum += m->leads();
    return sum;
  }
  /// Everything is led, and the moves are done.
  void settle(duration most = 60s) { rt.advance(most); }
  void put(const std::string& key, const std::string& value) {
    ask("PUT", "/v1/kv/" + key, value);
  }
  void remove(const std::string& key) { ask("DELETE", "/v1/kv/" + key); }
  void end() {
    CHECK_FALSE(ledger.overlap);
    shut_down();
    for (const auto& [key, bodies] : ledger.running) CHECK(bodies == 0);
  }

  std::vector<std::string> keys;
  body_ledger ledger;
  std::vector<std::unique_ptr<group_process>> members;
};

}  // namespace tenure::test
