// The library on a real server, named by CONSUL_HTTP_ADDR: what must hold of terms there.
#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tenure/elections.hpp>
#include <vector>

#include "consul/client.hpp"
#include "election/engine.hpp"
#include "late_transport.hpp"
#include "runtime/async_condition.hpp"
#include "wire/http_client.hpp"

namespace {

namespace asio = boost::asio;
using namespace tenure;
using namespace tenure::test;
using namespace std::chrono_literals;

/// What stands for a process: connections, sessions and elections of its own.
class process {
 public:
  explicit process(asio::io_context& io) {
    const consul_config config = consul_config::from_environment();
    const auto real = wire::make_system_environment(io.get_executor(), config, silent_log());
    transport = std::make_shared<late_transport>(real->transport);
    auto mine = std::make_shared<runtime::environment>(*real);
    mine->transport = transport;
    services = mine;
    elections.emplace(std::make_shared<impl::engine>(services, config, elections_options()));
    client.emplace(services, config);
  }

  std::shared_ptr<late_transport> transport;
  std::shared_ptr<const runtime::environment> services;
  std::optional<tenure::elections> elections;
  std::optional<consul::client> client;
};

class bench {
 public:
  process& add() {
    processes.push_back(std::make_unique<process>(io));
    return *processes.back();
  }

  /// Runs a test's coroutine, then shuts every process down.
  void run(asio::awaitable<void> test) {
    std::exception_ptr thrown;
    asio::co_spawn(io, guarded(std::move(test)), [&](std::exception_ptr e) { thrown = e; });
    io.run_for(120s);
    const bool ended = io.stopped();
    if (thrown) std::rethrow_exception(thrown);
    REQUIRE(ended);
  }

  asio::io_context io{1};
  std::vector<std::unique_ptr<process>> processes;

 private:
  asio::awaitable<void> guarded(asio::awaitable<void> test) {
    std::exception_ptr thrown;
    try {
      co_await std::move(test);
    } catch (...) {
      thrown = std::current_exception();
    }
    for (const auto& p : processes) co_await p->elections->shut_down();
    if (thrown) std::rethrow_exception(thrown);
  }
};

std::string unique_key(const std::string& name) {
  static int n = 0;
  return "library/" + name + "/" + std::to_string(++n) + "/leader";
}

candidacy quick(std::string value) {
  return candidacy(std::move(value)).span(500ms).ttl(10s).lock_delay(0s).stop_budget(100ms);
}

asio::awaitable<void> pause(process& p, duration d) {
  co_await runtime::sleep_until(*p.services->timers, p.services->timers->now() + d);
}

asio::awaitable<consul::ack> destroy(process& p, std::string session) {
  consul::ack answer = co_await p.client->destroy_session(session);
  REQUIRE_FALSE(answer.error);
  co_return answer;
}

asio::awaitable<void> raw(process& p, std::string method, std::string target, std::string body) {
  runtime::http_request request(std::move(method), std::move(target), std::move(body));
  const time_point deadline = p.services->timers->now() + 5s;
  auto sent = p.transport->exchange(runtime::lane::requests, std::move(request), deadline,
                                     runtime::on_stale::resend);
  const runtime::exchange_result answer = co_await std::move(sent);
  REQUIRE_FALSE(answer.error);
  REQUIRE(answer.response.status == 200);
}

std::function<bool(const runtime::http_request&)> first_with(std::string text) {
  return [text = std::move(text), seen = false](const runtime::http_request& r) mutable {
    if (seen || r.body.find(text) == std::string::npos) return false;
    seen = true;
    return true;
  };
}

asio::awaitable<void> expect_refused_late(process& p) {
  REQUIRE(p.transport->kept.size() == 1);
  const time_point deadline = p.services->timers->now() + 5s;
  const runtime::exchange_result late = co_await p.transport->arrive(0, deadline);
  REQUIRE_FALSE(late.error);
  REQUIRE(late.response.status == 409);
}

asio::awaitable<void> late_unlock(process& p) {
  election e = p.elections->enter(unique_key("unlock"), quick("me"));
  term first = co_await e.campaign();
  p.transport->keep = first_with("\"unlock\"");
  co_await first.resign();
  term second = co_await e.campaign();
  REQUIRE(second.session() == first.session());
  REQUIRE(second.fence() > first.fence());
  co_await expect_refused_late(p);
  co_await pause(p, 300ms);
  REQUIRE(second.holds());
  co_await second.resign();
}

asio::awaitable<void> late_proclaim(process& p) {
  const std::string key = unique_key("proclaim");
  election e = p.elections->enter(key, quick("me"));
  term first = co_await e.campaign();
  p.transport->keep = first_with("\"lock\"");
  co_await first.proclaim("again");
  REQUIRE(first.holds());
  co_await first.resign();
  // On a key that is free it would acquire it for a session without a term.
  co_await expect_refused_late(p);
  const leader nobody = co_await p.elections->leader_of(key);
  REQUIRE_FALSE(nobody.present());
  term second = co_await e.campaign();
  co_await expect_refused_late(p);
  const leader who = co_await p.elections->leader_of(key);
  REQUIRE(who.value == "me");
  REQUIRE(second.holds());
  co_await second.resign();
}

asio::awaitable<void> late_write(process& p) {
  election e = p.elections->enter(unique_key("write"), quick("me"));
  const std::string target = unique_key("target");
  term first = co_await e.campaign();
  p.transport->keep = first_with("check-session");
  leader_writes writes;
  writes.set(target, "old");
  error_code outcome;
  try {
    co_await first.write(writes);
  } catch (const boost::system::system_error& lost) {
    outcome = lost.code();
  }
  REQUIRE(outcome == errc::outcome_unknown);
  co_await first.resign();
  term second = co_await e.campaign();
  REQUIRE(second.session() == first.session());
  co_await expect_refused_late(p);
  const consul::kv_result found =
      co_await p.client->get(target, consul::consistency::consistent);
  REQUIRE_FALSE(found.error);
  REQUIRE_FALSE(found.entry.has_value());
  leader_writes mine;
  mine.set(target, "new");
  co_await second.write(mine);
  co_await second.resign();
}

/// The time from what an operator did to the end of the term, and the reason that it names.
asio::awaitable<duration> notice(process& p, process& op, int what, end_reason expected) {
  const std::string key = unique_key("operator");
  election e = p.elections->enter(key, quick("me"));
  term t = co_await e.campaign();
  co_await pause(p, 50ms);
  const std::string path = "/v1/kv/" + key;
  if (what == 0) co_await raw(op, "PUT", path, "other");
  if (what == 1) co_await raw(op, "DELETE", path, "");
  if (what == 2) co_await raw(op, "PUT", path + "?release=" + t.session(), "other");
  if (what == 3) co_await raw(op, "PUT", "/v1/session/destroy/" + t.session(), "");
  const time_point done = op.services->timers->now();
  const end_reason why = co_await t.ended();
  const duration took = p.services->timers->now() - done;
  REQUIRE(why == expected);
  REQUIRE_FALSE(t.holds());
  co_await t.resign();
  co_await e.leave();
  co_return took;
}

asio::awaitable<void> operators(process& p, process& op) {
  const std::vector<end_reason> expected{end_reason::overwritten, end_reason::key_missing,
                                         end_reason::key_released, end_reason::session_lost};
  for (int what = 0; what < 4; ++what) {
    std::vector<duration> took;
    for (int round = 0; round < 9; ++round) {
      const duration one = co_await notice(p, op, what, expected[static_cast<std::size_t>(what)]);
      took.push_back(one);
    }
    std::sort(took.begin(), took.end());
    std::printf("noticed (%s): median %.2f ms, most %.2f ms\n",
                std::string(to_string(expected[static_cast<std::size_t>(what)])).c_str(),
                static_cast<double>(took[4].count()) / 1e6,
                static_cast<double>(took[8].count()) / 1e6);
    REQUIRE(took[4] < 100ms);
  }
}

/// Every lease of a key, as the holders themselves counted it.
class ledger {
 public:
  class lease {
   public:
    time_point begun{};
    time_point until{};
    std::uint64_t fence = 0;
  };
  std::map<std::string, std::vector<lease>> leases;
  int ended = 0;
};

asio::awaitable<void> hold(ledger& book, process& p, tenure::term t) {
  ledger::lease mine;
  mine.begun = p.services->timers->now();
  mine.fence = t.fence();
  mine.until = t.valid_until();
  std::vector<ledger::lease>& all = book.leases[t.key()];
  all.push_back(mine);
  const std::size_t place = all.size() - 1;
  while (t.reason() == end_reason::none) {
    // The latest moment at which it could still have acted.
    all[place].until = std::max(all[place].until, t.valid_until());
    co_await pause(p, 5ms);
  }
  ++book.ended;
}

/// Stands for ever, as eagerly as the library does.
asio::awaitable<void> contend(ledger& book, process& p, std::string key) {
  election e = p.elections->enter(key, quick("contender"));
  auto body = [&book, &p](tenure::term t) { return hold(book, p, std::move(t)); };
  for (;;) co_await e.lead(body);
}

asio::awaitable<void> eager(bench& b, process& op, ledger& book) {
  std::vector<process*> all;
  for (int i = 0; i < 3; ++i) all.push_back(&b.add());
  std::vector<std::string> keys;
  for (int i = 0; i < 10; ++i) keys.push_back(unique_key("eager"));
  std::vector<std::unique_ptr<asio::cancellation_signal>> stops;
  int running = 0;
  for (process* p : all) {
    for (const std::string& key : keys) {
      stops.push_back(std::make_unique<asio::cancellation_signal>());
      ++running;
      asio::co_spawn(b.io, contend(book, *p, key),
                     asio::bind_cancellation_slot(stops.back()->slot(),
                                                  [&running](std::exception_ptr) { --running; }));
    }
  }
  // Destroy whoever leads, again and again: every key's lease is cut off about ten times.
  const time_point give_up = op.services->timers->now() + 60s;
  bool enough = false;
  while (!enough && op.services->timers->now() < give_up) {
    co_await pause(op, 700ms);
    for (const std::string& key : keys) {
      const leader who = co_await op.elections->leader_of(key);
      if (who.present()) co_await destroy(op, who.session);
    }
    std::size_t terms = 0;
    for (const auto& [key, leases] : book.leases) terms += leases.size();
    enough = terms >= 110;
  }
  for (const auto& stop : stops) stop->emit(asio::cancellation_type::terminal);
  while (running > 0) co_await pause(op, 10ms);
  REQUIRE(enough);
}

}  // namespace

TEST_CASE("late unlock") {
  bench b;
  b.run(late_unlock(b.add()));
}

TEST_CASE("late proclaim") {
  bench b;
  b.run(late_proclaim(b.add()));
}

TEST_CASE("late guarded write") {
  bench b;
  b.run(late_write(b.add()));
}

TEST_CASE("operators are noticed") {
  bench b;
  process& p = b.add();
  b.run(operators(p, b.add()));
}

TEST_CASE("no two leases overlap") {
  bench b;
  ledger book;
  b.run(eager(b, b.add(), book));
  std::size_t hand_overs = 0;
  duration shortest = 1h;
  for (const auto& [key, leases] : book.leases) {
    for (std::size_t i = 1; i < leases.size(); ++i) {
      const duration gap = leases[i].begun - leases[i - 1].until;
      shortest = std::min(shortest, gap);
      ++hand_overs;
      CHECK(gap >= 0s);
      CHECK(leases[i].fence > leases[i - 1].fence);
    }
  }
  std::printf("%zu hand-overs, the shortest gap between two leases %.2f ms\n", hand_overs,
              static_cast<double>(shortest.count()) / 1e6);
  REQUIRE(hand_overs >= 100);
}
