// Unit tests of job_runner: no server, no socket and no real time.
#include "job_runner.hpp"

#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <tenure/testing.hpp>

using namespace std::chrono_literals;
using tenure::testing::process;
using tenure::testing::task;
using tenure::testing::world;

namespace {

constexpr auto span = 10s;

/// Two processes with a job_runner each; the first one works.
class two_runners {
 public:
  two_runners()
      : a(world.add_process()),
        b(world.add_process()),
        first(a.elections(), "a"),
        second(b.elections(), "b"),
        first_runs(a.spawn(first.run())) {
    REQUIRE(world.run_until([&] { return first.done() == 3; }, 1min));
    second_runs.emplace(b.spawn(second.run()));
    world.run_for(5s);
    REQUIRE(first.working());
    REQUIRE_FALSE(second.working());
  }
  bool second_starts(tenure::duration patience) {
    return world.run_until([&] { return second.working(); }, patience);
  }
  std::string last_job() const { return world.find("jobs/last")->value; }

  tenure::testing::world world;
  process& a;
  process& b;
  job_runner first;
  job_runner second;
  task<void> first_runs;
  std::optional<task<void>> second_runs;
};

}  // namespace

TEST_CASE("jobs stop when the session expires, and go on in the next term") {
  two_runners t;
  t.world.expire_holder("jobs/leader");
  CHECK(t.world.run_until([&] { return !t.first.working(); }, 100ms));
  CHECK(t.world.run_until([&] { return t.first.working() || t.second.working(); }, 1min));
  CHECK_FALSE(t.first_runs.done());
}

TEST_CASE("in a partition the old runner stops before the new one starts") {
  two_runners t;
  t.a.cut_off();
  CHECK(t.second_starts(2min));
  INFO(t.world.log());
  CHECK_FALSE(t.first.working());
  CHECK(t.first.stopped_at() <= t.second.started_at());

  t.a.reconnect();
  t.world.run_for(1min);
  CHECK(t.second.working());
  CHECK_FALSE(t.first.working());
}

TEST_CASE("after a crash the next runner waits for one span") {
  two_runners t;
  t.a.crash();
  t.world.expire_holder("jobs/leader");
  const tenure::time_point free_since = t.world.now();
  const std::string last = t.last_job();
  REQUIRE(t.second_starts(1min));
  CHECK(t.second.started_at() - free_since >= span);
  CHECK(t.second.started_at() - free_since < span + 1s);
  CHECK(t.last_job() == last);
}

TEST_CASE("a runner that does not know yet that it was deposed cannot write") {
  two_runners t;
  t.a.lose_watch_answers();
  t.world.depose("jobs/leader");
  const std::string last = t.last_job();
  CHECK(t.world.run_until([&] { return t.first.refused() == 1; }, 2s));
  CHECK(t.last_job() == last);
  CHECK_FALSE(t.first.working());
  CHECK(t.second_starts(1min));
}

TEST_CASE("a runner that is stopped hands over at once") {
  two_runners t;
  t.first_runs.cancel();
  REQUIRE(t.second_starts(1s));
  CHECK(t.first_runs.done());
  CHECK(t.first.stopped_at() <= t.second.started_at());
  CHECK(t.second.started_at() - t.first.stopped_at() < 100ms);
}
