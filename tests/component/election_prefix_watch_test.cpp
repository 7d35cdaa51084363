// One blocking query on its own: when it lists, when it polls, and when it waits.
#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "election/watching/prefix_watch.hpp"
#include "election_adversity.hpp"

namespace {

using namespace tenure;
using namespace tenure::test;

/// A prefix_watch that runs, and what it delivered.
class watching final : private impl::prefix_watch::receiver {
 public:
  watching(election_fixture& b, process& p, impl::poll_slots& slots)
      : watch(p.engine->shared()->env, p.engine->shared()->client, slots, {.wait = 30s}, "s/",
              *this),
        run_(b.rt, truly(watch.run())) {}

  void end(election_fixture& b) {
    run_.cancel();
    b.rt.run_until([this] { return run_.done(); });
  }

  impl::prefix_watch watch;
  int lists = 0;
  int errors = 0;
  std::vector<std::string> values;

 private:
  void on_list(const consul::kv_list& answer) override {
    ++lists;
    values.clear();
    for (const consul::kv_entry& entry : answer.entries) values.push_back(entry.value);
  }
  void on_list_error(const consul::kv_list&) override { ++errors; }

  running<bool> run_;
};

void put(election_fixture& b, const std::string& key, const std::string& value) {
  b.ask("PUT", "/v1/kv/" + key, value);
}

std::size_t polls(const process& p) { return p.transport->in_flight(runtime::lane::polls); }
std::size_t lists(const process& p) { return p.transport->started(runtime::lane::requests); }

using texts = std::vector<std::string>;

TEST_CASE("a prefix watch delivers the list at once and after each change") {
  election_fixture b;
  process& p = b.add();
  put(b, "s/a", "1");
  impl::poll_slots slots(4);
  watching w(b, p, slots);
  b.rt.run_until_idle();
  CHECK(w.values == texts{"1"});
  CHECK(polls(p) == 1);
  put(b, "s/b", "2");
  CHECK(w.values == texts{"1", "2"});
  put(b, "elsewhere", "3");
  CHECK(w.lists == 2);
  CHECK(lists(p) == 1);
  w.end(b);
  CHECK(slots.free() == 4);
  b.shut_down();
}

TEST_CASE("a paused prefix watch asks no more, and begins again with a list") {
  election_fixture b;
  process& p = b.add();
  put(b, "s/a", "1");
  impl::poll_slots slots(1);
  watching w(b, p, slots);
  b.rt.run_until_idle();
  w.watch.pause();
  put(b, "s/a", "2");  // ends the poll that is under way
  CHECK(w.values == texts{"2"});
  CHECK(polls(p) == 0);
  CHECK(slots.free() == 1);
  put(b, "s/a", "3");
  b.rt.advance(60s);
  CHECK(w.values == texts{"2"});
  CHECK(lists(p) == 1);
  w.watch.resume();
  b.rt.run_until_idle();
  CHECK(w.values == texts{"3"});
  CHECK(lists(p) == 2);
  CHECK(polls(p) == 1);
  w.end(b);
  b.shut_down();
}

TEST_CASE("without a slot a watch lists each second, until it gets one") {
  election_fixture b;
  process& p = b.add();
  put(b, "s/a", "1");
  impl::poll_slots slots(1);
  watching first(b, p, slots);
  b.rt.run_until_idle();
  watching second(b, p, slots);
  b.rt.run_until_idle();
  CHECK(polls(p) == 1);
  const std::size_t before = lists(p);
  b.rt.advance(5500ms);
  CHECK(lists(p) == before + 5);
  first.end(b);
  b.rt.run_until_idle();
  CHECK(polls(p) == 1);
  put(b, "s/a", "2");
  CHECK(second.values == texts{"2"});
  CHECK(lists(p) == before + 5);
  second.end(b);
  CHECK(slots.free() == 1);
  b.shut_down();
}

TEST_CASE("a failing watch reports each failure, and shows the present state when it is over") {
  election_fixture b;
  process& p = b.add();
  put(b, "s/a", "1");
  impl::poll_slots slots(1);
  watching w(b, p, slots);
  b.rt.run_until_idle();
  p.transport->network = [](runtime::lane, const runtime::http_request&) {
    return fate(mishap::refused);
  };
  put(b, "s/a", "2");  // ends the poll that is under way
  CHECK(w.values == texts{"2"});
  b.rt.advance(3s);
  CHECK(w.errors >= 3);
  CHECK(slots.free() == 1);
  const int lists_before = w.lists;
  p.reconnect();
  b.rt.advance(6s);
  CHECK(w.lists == lists_before + 1);
  CHECK(w.values == texts{"2"});
  CHECK(polls(p) == 1);
  w.end(b);
  b.shut_down();
}

TEST_CASE("answers in quick succession cost a watch a pause") {
  election_fixture b;
  process& p = b.add();
  put(b, "s/a", "1");
  impl::poll_slots slots(1);
  watching w(b, p, slots);
  b.rt.run_until_idle();
  for (int i = 0; i < 1000; ++i) {
    put(b, "s/a", std::to_string(i));
    b.rt.advance(1ms);
  }
  CHECK(w.lists <= 60);
  b.rt.advance(1s);
  CHECK(w.values == texts{"999"});
  w.end(b);
  b.shut_down();
}

// Each of them ends for nothing, and the one after it shows the change.
TEST_CASE("polls that end for nothing now and then cost a busy watch no long pauses") {
  election_fixture b;
  process& p = b.add();
  put(b, "s/a", "1");
  impl::poll_slots slots(1);
  watching w(b, p, slots);
  b.rt.run_until_idle();
  bool hollow = false;
  int made = 0;
  p.transport->observer = [&](const runtime::http_request& r, runtime::http_response& answer) {
    const std::size_t at = r.target.find("index=");
    if (at == std::string::npos) return;
    hollow = !hollow;
    if (!hollow) return;
    ++made;
    const std::size_t digits = at + std::string_view("index=").size();
    for (auto& [name, value] : answer.headers) {
      if (name == "X-Consul-Index") {
        value = r.target.substr(digits, r.target.find('&', digits) - digits);
      }
    }
    answer.body = "[]";
  };
  for (int i = 0; i < 30; ++i) {
    put(b, "s/a", std::to_string(i));
    b.rt.advance(400ms);
    REQUIRE(w.values == texts{std::to_string(i)});
  }
  CHECK(made >= 30);
  p.transport->observer = nullptr;
  w.end(b);
  b.shut_down();
}

}  // namespace
