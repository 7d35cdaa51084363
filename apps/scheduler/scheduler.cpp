// Enter every election, read one stream of events, start a coroutine for each term, and resign the
// term when its work has stopped. There is no more to embedding the library.
#include "scheduler/scheduler.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <cstdio>
#include <exception>
#include <tenure/sharded_key.hpp>
#include <utility>

namespace scheduler {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);

}  // namespace

scheduler::scheduler(asio::io_context& io, const tenure::consul_config& consul,
                     const tenure::elections_options& options, const tenure::candidacy& how,
                     settings s)
    : io_(io),
      settings_(std::move(s)),
      ledger_(settings_.folder),
      pool_(settings_.workers),
      elections_(io.get_executor(), consul, options),
      changed_(io, std::chrono::steady_clock::time_point::max()),
      second_(io) {
  enter_all(how);
}

void scheduler::enter_all(const tenure::candidacy& how) {
  for (std::size_t t = 1; t <= settings_.tenants; ++t) {
    for (std::size_t s = 1; s <= settings_.shards; ++s) {
      const std::string name = "tenant-" + std::to_string(t) + "/shard-" + std::to_string(s);
      // Spread over folders, so that thousands of keys are watched by a few dozen queries.
      const std::string key = tenure::sharded_key(settings_.prefix, name);
      shards_.emplace(key, shard(elections_.enter(key, how)));
    }
  }
}

asio::awaitable<void> scheduler::run() {
  for (auto& [key, s] : shards_) s.election.stand();
  asio::co_spawn(io_, end_in_order(), asio::detached);
  asio::co_spawn(io_, report(), asio::detached);
  co_await follow_events();
}

// The one stream: the newest state of whichever election changed.
asio::awaitable<void> scheduler::follow_events() {
  try {
    for (;;) {
      const tenure::event what = co_await elections_.next_event();
      on_event(what);
    }
  } catch (const boost::system::system_error& e) {
    if (e.code() != tenure::errc::shut_down) throw;
  }
}

void scheduler::on_event(const tenure::event& what) {
  shard& s = shards_.at(what.key);
  // Every term has to be resigned once its work has stopped, also one whose beginning was overtaken
  // by its end before we read it: its worker does nothing else then.
  if (!what.term || what.term == s.served) return;
  s.served = what.term;
  ++working_;
  asio::co_spawn(io_, work(what.term), asio::detached);
}

// One spell of leadership of one shard. A step begins only if the lease outlasts it, whatever
// happens meanwhile: then nobody else works this shard before the step is over.
asio::awaitable<void> scheduler::work(tenure::term term) {
  asio::steady_timer pause(io_);
  while (!stopping_ && term.guarantees(settings_.longest_step)) {
    auto step = one_step(term);
    co_await asio::co_spawn(pool_, std::move(step), asio::use_awaitable);
    pause.expires_after(settings_.pause);
    co_await pause.async_wait(no_throw);
  }
  co_await term.resign();  // the work has stopped: now somebody else may have the shard
  --working_;
  changed_.cancel();
}

// On a thread of the pool.
asio::awaitable<void> scheduler::one_step(tenure::term term) {
  if (!term.holds()) co_return;  // the pool may have been late
  try {
    const ledger::answer answer = ledger_.commit(term.key(), term.fence(), settings_.name);
    ++(answer == ledger::answer::written ? steps_ : refused_);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "scheduler: %s\n", e.what());
  }
  co_return;
}

void scheduler::stop() {
  stopping_ = true;
  changed_.cancel();
  second_.cancel();
}

// Stand no more, let every worker stop and resign, then give the sessions back. The shut-down ends
// the stream of events, and with it run().
asio::awaitable<void> scheduler::end_in_order() {
  while (!stopping_) co_await changed_.async_wait(no_throw);
  for (auto& [key, s] : shards_) s.election.withdraw();
  while (working_ > 0) co_await changed_.async_wait(no_throw);
  co_await elections_.shut_down();
  std::printf("%s ends after %llu steps; %llu were refused\n", settings_.name.c_str(),
              static_cast<unsigned long long>(steps_), static_cast<unsigned long long>(refused_));
}

// A line a second where something changed.
asio::awaitable<void> scheduler::report() {
  std::uint64_t last = 0;
  while (!stopping_) {
    if (steps_ != last) {
      last = steps_;
      std::printf("%s works %zu of %zu shards, %llu steps so far\n", settings_.name.c_str(),
                  working_, shards_.size(), static_cast<unsigned long long>(last));
      std::fflush(stdout);
    }
    second_.expires_after(1s);
    co_await second_.async_wait(no_throw);
  }
}

}  // namespace scheduler
