// How the leadership of a group spreads over its members.
#include "group_fixture.hpp"

using namespace tenure;
using namespace tenure::test;

TEST_CASE("a member alone in its group leads everything") {
  group_fixture b(30);
  group_process& a = b.join("a");
  b.rt.advance(3s);
  CHECK(a.leads() == 30);
  CHECK(b.ledger.total() == 30);
  REQUIRE(a.g->members().size() == 1);
  const group_member_status me = a.status("a");
  CHECK(me.self);
  CHECK(me.leads == 30);
  CHECK(me.share == 30);
  CHECK(me.entered == 30);
  CHECK_FALSE(a.g->last_error());
  b.end();
}

TEST_CASE("members that join at once share the elections") {
  group_fixture b(30);
  for (const char* name : {"a", "b", "c"}) b.join(name);
  b.settle();
  CHECK(b.led() == 30);
  for (const auto& m : b.members) CHECK(m->leads() == 10);
  b.end();
}

TEST_CASE("one member claims each free key") {
  group_fixture b(0);
  int claimed = 0;
  for (const char* name : {"a", "b", "c"}) {
    b.join(name).p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
      for (std::size_t at = r.body.find("\"lock\""); at != std::string::npos;
           at = r.body.find("\"lock\"", at + 1)) {
        ++claimed;
      }
      return fate();
    };
  }
  b.rt.advance(5s);
  claimed = 0;
  for (int i = 10; i < 40; ++i) {
    for (const auto& m : b.members) m->enter("jobs/" + std::to_string(i));
  }
  b.rt.advance(900ms);
  CHECK(claimed == 30);
  for (const auto& m : b.members) CHECK(m->leads() == 10);
  b.ledger.reset();
  b.settle();
  CHECK(b.ledger.total() == 0);
  b.end();
}

TEST_CASE("a member that joins gets its share from those with too much, and nothing moves twice") {
  group_fixture b(30);
  group_process& a = b.join("a");
  b.rt.advance(3s);
  group_process& c = b.join("b");
  b.settle();
  CHECK(a.leads() == 15);
  CHECK(c.leads() == 15);
  CHECK(b.ledger.total() == 45);
  b.ledger.reset();
  group_process& d = b.join("c");
  b.settle();
  CHECK(a.leads() == 10);
  CHECK(c.leads() == 10);
  CHECK(d.leads() == 10);
  CHECK(b.ledger.total() == 10);
  CHECK(b.ledger.most() == 1);
  CHECK(b.ledger.longest_gap < 200ms);
  b.ledger.reset();
  b.rt.advance(5min);
  CHECK(b.ledger.total() == 0);
  b.end();
}

TEST_CASE("shares follow the weights, and weights may change") {
  group_fixture b(30);
  group_process& a = b.join(b.named("a").weight(200));
  group_process& c = b.join(b.named("b").weight(100));
  b.settle();
  CHECK(a.leads() == 20);
  CHECK(c.leads() == 10);
  a.g->set_weight(50);
  b.settle();
  CHECK(a.leads() == 10);
  CHECK(c.leads() == 20);
  a.g->set_weight(0);
  b.settle();
  CHECK(a.leads() == 0);
  CHECK(c.leads() == 30);
  CHECK_THROWS(a.g->set_weight(membership::most_weight + 1));
  b.end();
}

TEST_CASE("a member changes its labels, and the others see them") {
  group_fixture b(2);
  group_process& a = b.join(b.named("a").labels({{"zone", "x"}}));
  group_process& c = b.join("b");
  b.settle();
  CHECK(c.status("a").labels.at("zone") == "x");
  a.g->set_labels({{"zone", "y"}, {"more", ""}});
  b.rt.advance(3s);
  CHECK(c.status("a").labels.size() == 2);
  CHECK(c.status("a").labels.at("zone") == "y");
  CHECK_THROWS_AS(a.g->set_labels({{"", "x"}}), bad_configuration);
  CHECK_THROWS_AS(a.g->set_labels({{"zone", std::string(400'000, 'x')}}), bad_configuration);
  b.rt.advance(3s);
  CHECK(c.status("a").labels.at("zone") == "y");
  b.end();
}

TEST_CASE("a member leads at most its capacity") {
  group_fixture b(30);
  group_process& a = b.join(b.named("a").capacity(4));
  b.rt.advance(5s);
  CHECK(a.leads() == 4);
  group_process& c = b.join("b");
  b.settle();
  CHECK(a.leads() == 4);
  CHECK(c.leads() == 26);
  a.g->set_capacity(std::nullopt);
  b.settle();
  CHECK(a.leads() == 15);
  a.g->set_capacity(1);
  b.settle();
  CHECK(a.leads() == 1);
  CHECK(c.leads() == 29);
  b.end();
}

TEST_CASE("a killed member's elections go to the survivors evenly") {
  group_fixture b(30);
  for (const char* name : {"a", "b", "c"}) b.join(name);
  b.settle();
  b.ledger.reset();
  group_process& dead = *b.members[1];
  const std::string dead_key = "jobs/members/" + dead.session();
  CHECK_FALSE(b.key(dead_key).empty());
  dead.kill();
  b.rt.advance(5s + 1s);  // one span
  CHECK(b.members[0]->leads() == 15);
  CHECK(b.members[2]->leads() == 15);
  CHECK(b.members[0]->g->members().size() == 2);
  CHECK(b.key(dead_key).empty());
  CHECK(b.ledger.total() == 10);
  dead.p.reconnect();
  b.settle();
  for (const auto& m : b.members) CHECK(m->leads() == 10);
  b.end();
}

TEST_CASE("a member that comes and goes before it has settled moves nothing") {
  group_fixture b(20);
  b.join("a");
  b.join("b");
  b.settle();
  b.ledger.reset();
  for (int i = 0; i < 3; ++i) {
    group_process& flapper = b.join(b.named("flapper").settling_time(10s));
    b.rt.advance(5s);
    flapper.kill();
    b.rt.advance(5s);
  }
  CHECK(b.ledger.total() == 0);
  b.end();
}

TEST_CASE("a pinned election is led by its member, within that member's share") {
  group_fixture b(20);
  group_process& a = b.join("a");
  group_process& c = b.join("b");
  b.settle();
  const auto where = [&](const group_process& m) {
    std::vector<std::string> keys;
    for (const auto& e : m.elections) {
      if (e->standing() == standing::leading) keys.push_back(e->key());
    }
    return keys;
  };
  const std::string pinned = where(c).front();
  b.put("jobs/members/.pinned/" + pinned, "a");
  b.settle();
  CHECK(a.at(pinned).standing() == standing::leading);
  CHECK(a.leads() == 10);
  CHECK(c.leads() == 10);
  b.remove("jobs/members/.pinned/" + pinned);
  b.settle();
  CHECK(a.at(pinned).standing() == standing::leading);
  b.end();
}
