// Semaphores: bodies within slots, and many contenders under faults.
#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "semaphore_fixture.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

asio::awaitable<void> work(runtime::timers* timers, time_point until, bool* running_now,
                           int* at_once, int* most) {
  *running_now = true;
  *most = std::max(*most, ++*at_once);
  try {
    co_await runtime::sleep_until(*timers, until);
  } catch (const boost::system::system_error&) {
    --*at_once;
    *running_now = false;
    throw;
  }
  --*at_once;
  *running_now = false;
}

}  // namespace

TEST_CASE("hold() runs a body within a slot, and releases it when the body has returned") {
  election_fixture b;
  int at_once = 0;
  int most = 0;
  std::vector<std::unique_ptr<semaphore>> all;
  std::vector<std::unique_ptr<running<end_reason>>> runs;
  bool flags_of[8] = {};
  for (int i = 0; i < 8; ++i) {
    process& p = b.add();
    all.push_back(std::make_unique<semaphore>(p.elections->contend(prefix, 3, quick())));
    const time_point until = b.rt.now() + std::chrono::seconds(i + 1);
    bool* flag = &flags_of[i];
    runtime::timers* timers = b.rt.environment()->timers.get();
    auto body = [=, &at_once, &most](term) { return work(timers, until, flag, &at_once, &most); };
    runs.push_back(std::make_unique<running<end_reason>>(b.rt, all.back()->hold(body)));
  }
  b.rt.run_until([&] {
    return std::all_of(runs.begin(), runs.end(), [](const auto& r) { return r->done(); });
  });
  for (const auto& r : runs) REQUIRE(r->value() == end_reason::resigned);
  REQUIRE(most == 3);
  REQUIRE(at_once == 0);
  // Cut off, the body is cancelled in time.
  bool flag = false;
  const time_point far = b.rt.now() + 1000s;
  runtime::timers* timers = b.rt.environment()->timers.get();
  auto body = [&, timers, far](term) { return work(timers, far, &flag, &at_once, &most); };
  running<end_reason> cut(b.rt, all.front()->hold(body));
  b.rt.run_until([&] { return flag; });
  const time_point stop = all.front()->current().stop_at();
  b.processes.front()->cut_off();
  b.rt.run_until([&] { return !flag; });
  REQUIRE(b.rt.now() <= stop + 5s);
  b.processes.front()->reconnect();
  b.rt.run_until([&] { return cut.done(); });
  REQUIRE(cut.value() != end_reason::none);
  b.shut_down();
}

TEST_CASE("a shut-down gives a slot and a key back, though their bodies outlast the time-out") {
  election_fixture b;
  process& p = b.add({}, consul_config().request_timeout(1s));
  semaphore s = p.elections->contend(prefix, 1, quick());
  election e = p.elections->enter("e", quick());
  const auto body = [&b](term) -> asio::awaitable<void> {
    try {
      co_await runtime::sleep_until(b.rt.timers(), time_point::max());
    } catch (const boost::system::system_error&) {
    }
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await runtime::sleep_until(b.rt.timers(), b.rt.now() + 1500ms);
  };
  running<end_reason> holding(b.rt, s.hold(body));
  running<end_reason> leading(b.rt, e.lead(body));
  REQUIRE(b.rt.run_until(
      [&] {
        return s.standing() == standing::leading && e.standing() == standing::leading;
      },
      5s));
  SECTION("shut-down") { b.rt.run(p.elections->shut_down()); }
  SECTION("leave") {
    running<bool> left(b.rt, [](election& key) -> asio::awaitable<bool> {
      co_await key.leave();
      co_return true;
    }(e));
    b.rt.run(s.leave());
    REQUIRE(b.rt.run_until([&] { return left.done(); }, 5s));
  }
  CHECK(b.ask("GET", "/v1/kv/" + lock_key + "?raw").body.empty());
  const std::string key = b.key("e");
  CHECK(key.find("\"Session\"") == std::string::npos);
  CHECK(key.find("\"Value\":null") != std::string::npos);
  b.shut_down();
}

TEST_CASE("a slot is held until its body has returned and what it captured is gone") {
  election_fixture b;
  process& p = b.add();
  semaphore s = p.elections->contend(prefix, 1, quick());
  auto kept = std::make_shared<int>(1);
  std::weak_ptr<int> watch = kept;
  int writes = 0;  // of `.lock`: the claim, the release
  bool gone_at_release = false;
  p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    if (r.body.find("\"cas\"") != std::string::npos) ++writes, gone_at_release = watch.expired();
    return fate();
  };
  SECTION("the caller gives up: the body cleans up, and only then another gets the slot") {
    semaphore other = b.add().elections->contend(prefix, 1, quick("other"));
    auto body = [&b, kept = std::move(kept)](term) -> asio::awaitable<void> {
      try {
        co_await runtime::sleep_until(b.rt.timers(), time_point::max());
      } catch (const boost::system::system_error&) {
      }
      co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
      co_await runtime::sleep_until(b.rt.timers(), b.rt.now() + 60s);
    };
    running<end_reason> holding(b.rt, s.hold(std::move(body)));
    REQUIRE(b.rt.run_until([&] { return s.standing() == standing::leading; }, 5s));
    running<term> next(b.rt, other.acquire());
    holding.cancel();
    b.rt.advance(55s);
    REQUIRE_FALSE(holding.done());
    REQUIRE_FALSE(next.done());
    REQUIRE(b.rt.run_until([&] { return next.done(); }, 10s));
    REQUIRE(holding.error() == asio::error::operation_aborted);
  }
  SECTION("an exception of the body is rethrown, after the release") {
    auto body = [kept = std::move(kept)](term) -> asio::awaitable<void> {
      throw std::runtime_error("boom");
      co_return;
    };
    running<end_reason> holding(b.rt, s.hold(std::move(body)));
    REQUIRE(b.rt.run_until([&] { return holding.done(); }));
    REQUIRE_THROWS_AS(holding.value(), std::runtime_error);
    REQUIRE(b.ask("GET", "/v1/kv/" + lock_key + "?raw").body.empty());
  }
  REQUIRE(writes == 2);
  REQUIRE(gone_at_release);
  b.shut_down();
}

TEST_CASE("a slot is won though the watch shows it before the claim's answer") {
  const bool another_follows = GENERATE(false, true);
  CAPTURE(another_follows);
  election_fixture b;
  process& p = b.add();
  bool claimed = false;
  p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    if (r.body.find("\"cas\"") == std::string::npos) return fate(1ms, 1ms);
    claimed = true;
    return fate(1ms, 500ms);
  };
  semaphore s = p.elections->contend(prefix, 2, quick());
  running<term> waiting(b.rt, s.acquire());
  REQUIRE(b.rt.run_until([&] { return claimed; }, 1s));
  b.rt.advance(100ms);
  REQUIRE_FALSE(waiting.done());
  semaphore other = b.add().elections->contend(prefix, 2, quick("other"));
  if (another_follows) {
    running<term> next(b.rt, other.acquire());
    REQUIRE(b.rt.run_until([&] { return next.done(); }, 100ms));
    REQUIRE(next.value().holds());
  }
  REQUIRE(b.rt.run_until([&] { return waiting.done(); }, 1s));
  REQUIRE(waiting.value().holds());
  REQUIRE(s.occupied() == (another_follows ? 1 : 0));
  b.shut_down();
}

TEST_CASE("a candidate that gives up leaves no contender key") {
  election_fixture b;
  process& p = b.add();
  process& q = b.add();
  semaphore one = p.elections->contend(prefix, 1, quick());
  semaphore two = q.elections->contend(prefix, 1, quick("two"));
  running<term> first(b.rt, one.acquire());
  REQUIRE(b.rt.run_until([&] { return first.done(); }, 5s));
  term held = first.value();
  bool enrolled = false;
  bool claimed = false;
  mishap enrolling = mishap::none;
  q.transport->network = [&](runtime::lane, const runtime::http_request& r) -> fate {
    if (r.body.find("\"cas\"") != std::string::npos) claimed = true;
    if (r.body.find("\"lock\"") == std::string::npos) return {};
    enrolled = true;
    return enrolling;
  };
  const auto contenders = [&] {
    std::vector<std::string> found;
    const std::string keys = b.ask("GET", "/v1/kv/" + prefix + "/?keys").body;
    for (std::size_t at = keys.find(prefix); at != std::string::npos;
         at = keys.find(prefix, at + 1)) {
      const std::string key = keys.substr(at, keys.find('"', at) - at);
      if (key != lock_key && key != prefix + "/" + held.session()) found.push_back(key);
    }
    return found;
  };
  SECTION("though an operator has released it") {
    running<term> waiting(b.rt, two.acquire());
    b.rt.advance(1s);
    REQUIRE(contenders().size() == 1);
    const std::string own = contenders().front();
    b.ask("PUT", "/v1/kv/" + own + "?release=" + own.substr(prefix.size() + 1));
    REQUIRE(b.key(own).find("\"Session\"") == std::string::npos);
    running<end_reason> resigned(b.rt, held.resign());
    REQUIRE(b.rt.run_until([&] { return claimed; }, 1s));
    b.rt.advance(1ms);  // it pauses before it locks its key again
    REQUIRE_FALSE(waiting.done());
    REQUIRE(b.key(own).find("\"Session\"") == std::string::npos);
    waiting.cancel();
  }
  SECTION("though the answer that it was written is lost") {
    enrolling = mishap::reset_after;
    running<term> waiting(b.rt, two.acquire());
    REQUIRE(b.rt.run_until([&] { return enrolled; }, 1s));
    b.rt.advance(1ms);
    REQUIRE(contenders().size() == 1);
    waiting.cancel();
  }
  b.rt.advance(3s);
  REQUIRE(contenders().empty());
  b.shut_down();
}

TEST_CASE("many contenders under faults: never one holder too many") {
  const int seed = GENERATE(1, 2, 3, 4, 5, 6, 7, 8);
  election_fixture b;
  std::vector<std::unique_ptr<semaphore>> all;
  std::vector<std::unique_ptr<running<term>>> waiting(6);
  std::vector<term> held(6);
  std::uint64_t state = static_cast<std::uint64_t>(seed) * 0x9e3779b97f4a7c15;
  const auto random = [&] {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return state;
  };
  for (int i = 0; i < 6; ++i) {
    process& p = b.add();
    p.transport->network = [&](runtime::lane, const runtime::http_request&) {
      switch (random() % 40) {
        case 0: return fate(mishap::reset_after);
        case 1: return fate(mishap::silent_after);
        case 2: return fate(mishap::reset_before);
        case 3: return fate(std::chrono::milliseconds(random() % 3000), 0ms);
        default: return fate(std::chrono::milliseconds(random() % 5), 1ms);
      }
    };
    all.push_back(std::make_unique<semaphore>(
        p.elections->contend(prefix, 2, quick("c" + std::to_string(i)))));
  }
  int slots = 0;
  for (int step = 0; step < 3000; ++step) {
    b.rt.advance(std::chrono::milliseconds(random() % 200));
    const std::size_t i = random() % 6;
    if (waiting[i] && waiting[i]->done()) {
      if (!waiting[i]->error()) held[i] = waiting[i]->value(), ++slots;
      waiting[i].reset();
    } else if (held[i]) {
      if (!held[i].holds() || random() % 8 == 0) {
        asio::co_spawn(b.rt.executor(), held[i].resign(), [](std::exception_ptr, end_reason) {});
        held[i] = term();
      } else if (random() % 60 == 0) {
        b.ask("PUT", "/v1/session/destroy/" + held[i].session());
      } else if (random() % 200 == 0) {
        b.ask("DELETE", "/v1/kv/" + lock_key);
      }
    } else if (!waiting[i] && all[i]->standing() == standing::watching) {
      waiting[i] = std::make_unique<running<term>>(b.rt, all[i]->acquire());
    }
    int leases = 0;
    for (const auto& s : all) leases += s->current().holds() ? 1 : 0;
    REQUIRE(leases <= 2);
  }
  REQUIRE(slots > 20);
  for (auto& w : waiting) {
    if (w) w->cancel();
  }
  for (auto& p : b.processes) p->transport->network = nullptr;
  for (auto& t : held) {
    if (t) b.rt.run(t.resign());
  }
  b.rt.advance(60s);
  b.shut_down();
}
