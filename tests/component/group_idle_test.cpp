// What a member says of elections that a list of the group does not show, and that it leads none.
#include "group_fixture.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

class outside_fixture : public group_fixture {
 public:
  outside_fixture() : group_fixture(4), a(join("a")) {
    for (const char* key : {"other/1", "other/2", "alone"}) a.enter(key);
    rt.advance(15s);
  }
  group_member_status told() {
    const group_report seen = rt.run(a.p.elections->group_of("jobs"));
    REQUIRE(seen.members.size() == 1);
    return seen.members.front();
  }
  group_process& a;
};

}  // namespace

TEST_CASE("a report counts elections whose keys are not below the prefix") {
  outside_fixture b;
  CHECK(b.a.leads() == 7);
  CHECK(b.told().leads == 7);
  CHECK(b.rt.run(b.a.p.elections->group_of("jobs")).elections == 7);
  b.end();
}

TEST_CASE("a drained member says that it leads nothing once it does, wherever its keys are") {
  outside_fixture b;
  group_process& c = b.join("c");
  for (const char* key : {"other/1", "other/2", "alone"}) c.enter(key);
  b.rt.advance(20s);
  const auto told = [&] {
    return b.rt.run(c.p.elections->group_of("jobs")).members.front();
  };
  CHECK(told().name == "a");
  CHECK_FALSE(told().idle);
  b.a.cleanup = 3s;
  b.put("jobs/members/.drained/a", "");
  b.rt.advance(1s);
  CHECK_FALSE(told().idle);
  REQUIRE(b.rt.run_until([&] { return told().idle; }, 60s));
  CHECK(b.a.leads() == 0);
  for (const auto& [key, running] : b.ledger.running) CHECK(running == 1);
  CHECK(c.leads() == 7);
  b.remove("jobs/members/.drained/a");
  b.rt.advance(1s);
  CHECK_FALSE(told().idle);
  b.end();
}

TEST_CASE("a drained member that is busy is idle once it is not") {
  outside_fixture b;
  group_process& c = b.join("c");
  for (const char* key : {"other/1", "other/2", "alone"}) c.enter(key);
  b.rt.advance(20s);
  const auto told = [&] { return b.rt.run(c.p.elections->group_of("jobs")).members.front(); };
  b.a.g->set_busy(true);
  b.put("jobs/members/.drained/a", "");
  b.rt.advance(60s);
  CHECK(b.a.leads() == 0);
  CHECK_FALSE(told().idle);
  b.a.g->set_busy(false);
  b.rt.advance(1s);
  CHECK(told().idle);
  b.a.g->set_busy(true);
  b.rt.advance(1s);
  CHECK_FALSE(told().idle);
  b.end();
}
