// Elections used from other threads than that of their io_context: a thread pool's coroutines and
// callbacks, and a thread that waits on a stop token. In real time, against an agent in this
// process. ThreadSanitizer watches.
#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <catch2/catch_test_macros.hpp>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <stop_token>
#include <string>
#include <tenure/elections.hpp>
#include <thread>
#include <utility>

#include "support/agent_thread.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

const std::string key = "service/a/leader";

candidacy quick(std::string value) {
  return candidacy(std::move(value)).span(5s).ttl(10s).lock_delay(0s);
}

/// Elections on a thread, as a service has them whose work runs elsewhere. Enter all of them before
/// start(). The handles belong to the thread and are destroyed when it has ended.
class elections_thread {
 public:
  explicit elections_thread(const agent_thread& agent)
      : all(io_.get_executor(), consul_config(agent.address())) {}
  ~elections_thread() {
    all.async_shut_down(asio::use_future).get();
    work_.reset();
    thread_.join();
  }
  election& enter(std::string value) {
    entered_.push_back(all.enter(key, quick(std::move(value))));
    return entered_.back();
  }
  void start() {
    thread_ = std::thread([this] { io_.run(); });
  }

 private:
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  std::thread thread_;

 public:
  elections all;

 private:
  std::deque<election> entered_;
};

class observed {
 public:
  bool on_pool = true;  ///< every completion
  bool held = false;
  bool proven = false;
  end_reason why = end_reason::none;
  leader seen;
};

using pool_executor = asio::thread_pool::executor_type;

void note_thread(observed& o, const pool_executor& pool) {
  o.on_pool = o.on_pool && pool.running_in_this_thread();
}

asio::awaitable<void> lead_on_pool(elections& all, election& e, pool_executor pool, observed& o) {
  term won = co_await e.async_campaign(asio::use_awaitable);
  note_thread(o, pool);
  o.held = won.holds();
  const bool proven = co_await won.async_prove(asio::use_awaitable);
  note_thread(o, pool);
  co_await won.async_proclaim("other", asio::use_awaitable);
  const leader seen = co_await all.async_leader_of(key, asio::use_awaitable);
  note_thread(o, pool);
  const end_reason why = co_await won.async_resign(asio::use_awaitable);
  note_thread(o, pool);
  o.proven = proven;
  o.seen = seen;
  o.why = why;
}

}  // namespace

TEST_CASE("a thread pool's coroutine campaigns, writes and resigns") {
  const agent_thread agent;
  elections_thread mine(agent);
  election& e = mine.enter("me");
  mine.start();
  asio::thread_pool pool(2);
  observed o;
  asio::co_spawn(pool, lead_on_pool(mine.all, e, pool.get_executor(), o), asio::use_future).get();
  CHECK(o.on_pool);
  CHECK(o.held);
  CHECK(o.proven);
  CHECK(o.seen.value == "other");
  CHECK(o.why == end_reason::resigned);
  e.async_leave(asio::use_future).get();
  pool.join();
}

TEST_CASE("a callback runs on the executor that it is bound to, and the pool waits for it") {
  const agent_thread agent;
  elections_thread mine(agent);
  election& e = mine.enter("me");
  mine.start();
  asio::thread_pool pool(1);
  const pool_executor executor = pool.get_executor();
  observed o;
  e.async_campaign(asio::bind_executor(executor, [&](error_code error, term won) {
    note_thread(o, executor);
    o.held = !error && won.holds();
  }));
  pool.join();
  CHECK(o.on_pool);
  CHECK(o.held);
  e.async_leave(asio::use_future).get();
}

TEST_CASE("a campaign is cancelled from the strand of its handler, at any moment") {
  const agent_thread agent;
  elections_thread mine(agent);
  elections_thread others(agent);
  election& e = mine.enter("me");
  election& rival = others.enter("other");
  others.start();
  term held = rival.async_campaign(asio::use_future).get();
  mine.start();
  asio::thread_pool pool(2);
  const auto strand = asio::make_strand(pool);
  for (int round = 0; round < 60; ++round) {
    asio::cancellation_signal stop;
    std::promise<error_code> ended;
    asio::post(strand, [&] {
      e.async_campaign(asio::bind_executor(
          strand, asio::bind_cancellation_slot(stop.slot(), [&](error_code error, const term&) {
            ended.set_value(error);
          })));
    });
    // Before the operation has begun, while it begins, and when it waits for the key.
    if (round % 3 == 1) std::this_thread::yield();
    if (round % 3 == 2) mine.all.async_ping(asio::use_future).get();
    asio::post(strand, [&] { stop.emit(asio::cancellation_type::terminal); });
    CHECK(ended.get_future().get() == asio::error::operation_aborted);
    // The handler may still be on its strand: the signal goes after it.
    asio::post(strand, asio::use_future).get();
  }
  CHECK(held.holds());
  pool.join();
  e.async_leave(asio::use_future).get();
  rival.async_leave(asio::use_future).get();
}

TEST_CASE("a thread sleeps on the stop token of a term and wakes when the term ends") {
  const agent_thread agent;
  elections_thread mine(agent);
  election& e = mine.enter("me");
  mine.start();
  term won = e.async_campaign(asio::use_future).get();
  std::atomic<bool> woke{false};
  std::atomic<int> steps{0};
  std::jthread worker([&woke, &steps, token = won.stop_token(), mine_too = won] {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    while (mine_too.guarantees(100ms) && !token.stop_requested()) {
      ++steps;
      never.wait(lock, token, [] { return false; });
    }
    woke = true;
  });
  while (steps == 0) std::this_thread::yield();
  CHECK_FALSE(woke);
  CHECK(won.async_resign(asio::use_future).get() == end_reason::resigned);
  worker.join();
  CHECK(woke);
  CHECK(steps == 1);
  e.async_leave(asio::use_future).get();
}
