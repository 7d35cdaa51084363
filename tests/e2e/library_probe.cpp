// The library against a real server, at CONSUL_HTTP_ADDR: what must hold for terms.
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
#include <tenure/toolkit/async_condition.hpp>
#include <vector>

#include "consul/client.hpp"
#include "election/engine.hpp"
#include "election/handles/access.hpp"
#include "late_transport.hpp"
#include "wire/http_client.hpp"

namespace {

namespace asio = boost::asio;
using namespace tenure;
using namespace tenure::test;
using namespace std::chrono_literals;

/// Stands for a process: it has separate connections, sessions and elections.
class process {
 public:
  explicit process(asio::io_context& io) {
    const consul_config config = consul_config::from_environment();
    const auto real = wire::make_system_environment(io.get_executor(), config, silent_log());
    transport = std::make_shared<late_transport>(real->transport);
    auto mine = std::make_shared<runtime::environment>(*real);
    mine->transport = transport;
    environment = mine;
    elections.emplace(impl::access::elections_of(
        std::make_shared<impl::engine>(environment, config, elections_options())));
    client.emplace(environment, config);
  }

  std::shared_ptr<late_transport> transport;
  std::shared_ptr<const runtime::environment> environment;
  std::optional<tenure::elections> elections;
  std::optional<consul::client> client;
};

class fixture {
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
  co_await runtime::sleep_until(*p.environment->timers, p.environment->timers->now() + d);
}

asio::awaitable<consul::ack> destroy(process& p, std::string session) {
  consul::ack answer = co_await p.client->destroy_session(session);
  REQUIRE_FALSE(answer.error);
  co_return answer;
}

asio::awaitable<void> raw(process& p, std::string method, std::string target, std::string body) {
  runtime::http_request request(std::move(method), std::move(target), std::move(body));
  const time_point deadline = p.environment->timers->now() + 5s;
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
  REQUIRE(p.transport->held_back.size() == 1);
  const time_point deadline = p.environment->timers->now() + 5s;
  const runtime::exchange_result late = co_await p.transport->deliver(0, deadline);
  REQUIRE_FALSE(late.error);
  REQUIRE(late.response.status == 409);
}

asio::awaitable<void> late_unlock(process& p) {
  election e = p.elections->enter(unique_key("unlock"), quick("me"));
  term first = co_await e.campaign();
  p.transport->hold_back = first_with("\"unlock\"");
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
  p.transport->hold_back = first_with("\"lock\"");
  co_await first.proclaim("again");
  REQUIRE(first.holds());
  co_await first.resign();
  // On a free key the late request would acquire the lock for a session without a term.
  co_await expect_refused_late(p);
  const leader free = co_await p.elections->leader_of(key);
  REQUIRE_FALSE(free.present());
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
  p.transport->hold_back = first_with("check-session");
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

/// An operator's way to end a term.
enum class intervention { overwrite, remove, release, destroy_session };

end_reason expected_reason(intervention how) {
  switch (how) {
    case intervention::overwrite: return end_reason::overwritten;
    case intervention::remove: return end_reason::key_missing;
    case intervention::release: return end_reason::key_released;
    case intervention::destroy_session: return end_reason::session_lost;
  }
  return end_reason::none;
}

/// The time from an operator's intervention to the end of the term.
asio::awaitable<duration> time_to_notice(process& p, process& op, intervention how) {
  const std::string key = unique_key("operator");
  election e = p.elections->enter(key, quick("me"));
  term t = co_await e.campaign();
  co_await pause(p, 50ms);
  const std::string path = "/v1/kv/" + key;
  switch (how) {
    case intervention::overwrite:
      co_await raw(op, "PUT", path, "other");
      break;
    case intervention::remove:
      co_await raw(op, "DELETE", path, "");
      break;
    case intervention::release:
      co_await raw(op, "PUT", path + "?release=" + t.session(), "other");
      break;
    case intervention::destroy_session:
      co_await raw(op, "PUT", "/v1/session/destroy/" + t.session(), "");
      break;
  }
  const time_point done = op.environment->timers->now();
  const end_reason why = co_await t.ended();
  const duration took = p.environment->timers->now() - done;
  REQUIRE(why == expected_reason(how));
  REQUIRE_FALSE(t.holds());
  co_await t.resign();
  co_await e.leave();
  co_return took;
}

asio::awaitable<void> operators(process& p, process& op) {
  for (const intervention how : {intervention::overwrite, intervention::remove,
                                 intervention::release, intervention::destroy_session}) {
    std::vector<duration> took;
    for (int round = 0; round < 9; ++round) {
      const duration one = co_await time_to_notice(p, op, how);
      took.push_back(one);
    }
    std::sort(took.begin(), took.end());
    std::printf("noticed (%s): median %.2f ms, most %.2f ms\n",
                std::string(to_string(expected_reason(how))).c_str(),
                static_cast<double>(took[4].count()) / 1e6,
                static_cast<double>(took[8].count()) / 1e6);
    REQUIRE(took[4] < 100ms);
  }
}

/// Every lease of each key, as its holder measured it.
class lease_history {
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

asio::awaitable<void> hold(lease_history& history, process& p, tenure::term t) {
  lease_history::lease mine;
  mine.begun = p.environment->timers->now();
  mine.fence = t.fence();
  mine.until = t.valid_until();
  std::vector<lease_history::lease>& all = history.leases[t.key()];
  all.push_back(mine);
  const std::size_t place = all.size() - 1;
  while (t.reason() == end_reason::none) {
    // The latest moment at which the holder could still have acted.
    all[place].until = std::max(all[place].until, t.valid_until());
    co_await pause(p, 5ms);
  }
  ++history.ended;
}

/// Campaigns again and again, without a pause.
asio::awaitable<void> contend(lease_history& history, process& p, std::string key) {
  election e = p.elections->enter(key, quick("contender"));
  auto body = [&history, &p](tenure::term t) { return hold(history, p, std::move(t)); };
  for (;;) co_await e.lead(body);
}

asio::awaitable<void> eager(fixture& f, process& op, lease_history& history) {
  std::vector<process*> all;
  for (int i = 0; i < 3; ++i) all.push_back(&f.add());
  std::vector<std::string> keys;
  for (int i = 0; i < 10; ++i) keys.push_back(unique_key("eager"));
  std::vector<std::unique_ptr<asio::cancellation_signal>> stops;
  int running = 0;
  for (process* p : all) {
    for (const std::string& key : keys) {
      stops.push_back(std::make_unique<asio::cancellation_signal>());
      ++running;
      asio::co_spawn(f.io, contend(history, *p, key),
                     asio::bind_cancellation_slot(stops.back()->slot(),
                                                  [&running](std::exception_ptr) { --running; }));
    }
  }
  // Destroy the session of every leader again and again: about ten times for each key.
  const time_point give_up = op.environment->timers->now() + 60s;
  bool enough = false;
  while (!enough && op.environment->timers->now() < give_up) {
    co_await pause(op, 700ms);
    for (const std::string& key : keys) {
      const leader who = co_await op.elections->leader_of(key);
      if (who.present()) co_await destroy(op, who.session);
    }
    std::size_t terms = 0;
    for (const auto& [key, leases] : history.leases) terms += leases.size();
    enough = terms >= 110;
  }
  for (const auto& stop : stops) stop->emit(asio::cancellation_type::terminal);
  while (running > 0) co_await pause(op, 10ms);
  REQUIRE(enough);
}

}  // namespace

TEST_CASE("late unlock") {
  fixture f;
  f.run(late_unlock(f.add()));
}

TEST_CASE("late proclaim") {
  fixture f;
  f.run(late_proclaim(f.add()));
}

TEST_CASE("late guarded write") {
  fixture f;
  f.run(late_write(f.add()));
}

TEST_CASE("operators are noticed") {
  fixture f;
  process& p = f.add();
  f.run(operators(p, f.add()));
}

TEST_CASE("no two leases overlap") {
  fixture f;
  lease_history history;
  f.run(eager(f, f.add(), history));
  std::size_t hand_overs = 0;
  duration shortest = 1h;
  for (const auto& [key, leases] : history.leases) {
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
