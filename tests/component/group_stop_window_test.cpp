// A member that gives up all that it leads stops few bodies at a time, so that each key is soon
// led again.
#include <algorithm>
#include <catch2/generators/catch_generators.hpp>
#include <numeric>

#include "group_fixture.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

/// One of two members leads everything, over a network with a round trip of two milliseconds.
class full : public group_fixture {
 public:
  explicit full(int elections) : group_fixture(elections) {
    join("a");
    rt.advance(5s);
    join(named("b").settling_time(10min));
    rt.advance(5s);
    REQUIRE(members[0]->leads() == keys.size());
    for (const auto& m : members) {
      m->p.transport->network = [](runtime::lane, const runtime::http_request&) {
        return fate(1ms, 1ms);
      };
    }
    rt.advance(1s);
    ledger.reset();
  }
  group_process& a() { return *members[0]; }
  group_process& c() { return *members[1]; }

  int bodies() const {
    return std::accumulate(ledger.running.begin(), ledger.running.end(), 0,
                           [](int sum, const auto& one) { return sum + one.second; });
  }
  /// Runs until `done`; the fewest bodies that ran at any moment.
  template <class Done>
  int fewest_until(Done done) {
    int fewest = bodies();
    const time_point give_up = rt.now() + 30s;
    while (!done() && rt.now() < give_up) {
      rt.advance(500us);
      fewest = std::min(fewest, bodies());
    }
    return fewest;
  }
};

constexpr int many = 500;

}  // namespace

TEST_CASE("a member that gives up everything stops few bodies at a time") {
  full b(many);
  const time_point begin = b.rt.now();
  std::optional<running<bool>> leaving;
  SECTION("drained") { b.put("jobs/members/.drained/a", ""); }
  SECTION("it leaves") { leaving.emplace(b.rt, truly(b.a().g->leave())); }
  SECTION("it is shut down") { leaving.emplace(b.rt, truly(b.a().p.elections->shut_down())); }
  const int fewest = b.fewest_until([&] { return b.c().leads() == many; });
  CHECK(b.c().leads() == many);
  // 60 are stopped or wait for their transaction. Others are handed over and wait for the next poll
  // of their new leader's notices, which follows after 2 ms.
  CHECK(fewest >= many - 200);
  CHECK(b.ledger.longest_gap < 20ms);
  CHECK(b.ledger.total() == many);
  CHECK(b.rt.now() - begin < 1s);
  b.end();
}

TEST_CASE("bodies that take long to stop do so at the same time") {
  full b(many);
  b.a().cleanup = 500ms;
  const time_point begin = b.rt.now();
  std::optional<running<bool>> leaving;
  SECTION("drained") { b.put("jobs/members/.drained/a", ""); }
  SECTION("it is shut down") { leaving.emplace(b.rt, truly(b.a().p.elections->shut_down())); }
  b.fewest_until([&] { return b.c().leads() == many; });
  CHECK(b.c().leads() == many);
  CHECK(b.rt.now() - begin < 1500ms);
  b.end();
}

TEST_CASE("a member that is shut down without Consul stops all bodies soon") {
  full b(many);
  b.a().p.cut_off();
  running<bool> leaving(b.rt, truly(b.a().p.elections->shut_down()));
  b.rt.advance(4s);
  CHECK(b.bodies() == 0);
  b.rt.advance(60s);
  CHECK(leaving.done());
  CHECK(b.c().leads() == many);
  b.end();
}
