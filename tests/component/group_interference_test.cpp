// Operators and a whole group: what their calls do, and what happens if they touch members' keys.
#include "election/group/group_view.hpp"
#include "group_fixture.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

std::string key_of(const group_process& member) {
  return impl::member_key_name("jobs", member.session());
}

}  // namespace

TEST_CASE("a member's key that an operator deletes or overwrites comes back, and nothing moves") {
  group_fixture b(12);
  group_process& a = b.join("a");
  group_process& c = b.join("c");
  b.settle();
  REQUIRE(a.leads() == 6);
  const std::string session = a.session();
  b.ledger.reset();
  SECTION("deleted") { b.remove(key_of(a)); }
  SECTION("overwritten") { b.put(key_of(a), "oops"); }
  SECTION("released") { b.ask("PUT", "/v1/kv/" + key_of(a) + "?release=" + session, "x"); }
  SECTION("all of the group") { b.ask("DELETE", "/v1/kv/jobs/members/?recurse"); }
  b.settle();
  CHECK(a.leads() == 6);
  CHECK(c.leads() == 6);
  CHECK(a.session() == session);
  CHECK(b.ledger.total() == 0);
  CHECK(a.status("c").leads == 6);
  CHECK(c.status("a").settled);
  b.end();
}

TEST_CASE("an operator's calls move elections, and the report shows it") {
  group_fixture b(12);
  group_process& a = b.join("a");
  group_process& c = b.join("c");
  b.settle();
  process& op = b.add();
  elections& e = *op.elections;
  const auto report = [&] { return b.rt.run(e.group_of("jobs")); };
  group_report seen = report();
  CHECK(seen.elections == 12);
  REQUIRE(seen.members.size() == 2);
  for (const group_member_status& m : seen.members) {
    CHECK(m.leads == 6);
    CHECK(m.share == 6);
    CHECK(m.gives + m.gets == 0);
    CHECK(m.entered == 12);
    CHECK(m.settled);
    CHECK_FALSE(m.self);
  }
  b.rt.run(e.drain("jobs", "a"));
  b.rt.advance(2s);
  CHECK(a.leads() == 0);
  CHECK(c.leads() == 12);
  seen = report();
  CHECK(seen.members[0].draining);
  CHECK(seen.members[0].share == 0);
  CHECK(seen.members[1].leads == 12);
  CHECK(a.status("a").draining);
  b.rt.run(e.undrain("jobs", "a"));
  b.settle();
  CHECK(a.leads() == 6);
  const std::string key = b.keys[0];
  const std::string to = a.at(key).standing() == standing::leading ? "c" : "a";
  b.rt.run(e.pin("jobs", key, to));
  b.settle();
  CHECK(b.rt.run(e.leader_of(key)).value == to);
  CHECK(a.leads() == 6);
  seen = report();
  REQUIRE(seen.pins.size() == 1);
  CHECK(seen.pins[0].key == key);
  CHECK(seen.pins[0].member == to);
  b.rt.run(e.unpin("jobs", key));
  b.settle();
  CHECK(report().pins.empty());
  b.end();
}

TEST_CASE("a member's token loses its rights for a while: its elections go on") {
  group_fixture b(6);
  group_process& a = b.join("a");
  b.settle();
  REQUIRE(a.leads() == 6);
  b.ledger.reset();
  a.p.transport->network = [](runtime::lane, const runtime::http_request& r) {
    return has(r.body, "jobs/members/") || has(r.target, "jobs/members/")
               ? fate(mishap::forbidden)
               : fate();
  };
  const std::string key = key_of(a);
  b.remove(key);
  b.rt.advance(60s);
  CHECK(b.key(key).empty());
  CHECK(a.leads() == 6);
  CHECK(a.g->last_error() == consul_errc::forbidden);
  a.p.reconnect();
  b.settle();
  CHECK_FALSE(b.key(key).empty());
  CHECK_FALSE(a.g->last_error());
  CHECK(a.leads() == 6);
  CHECK(b.ledger.total() == 0);
  b.end();
}

TEST_CASE("a key that goes with its session is led in time, though the member of the plan waits") {
  group_fixture b(1);
  const auto how = [](const std::string& name, std::uint32_t weight) {
    const candidacy its = quick(name).behavior(session_behavior::remove).lock_delay(10s);
    return membership(name, its).settling_time(1s).weight(weight);
  };
  group_process& a = b.join(how("a", 100));
  b.rt.advance(30s);
  REQUIRE(a.leads() == 1);
  // The plan names it, and it does not stand.
  group lazy = b.add().elections->join("jobs", how("b", 1000));
  const election watched = lazy.enter(b.keys[0]);
  group_process& c = b.join(how("c", 1));
  b.rt.advance(3s);
  a.kill();
  // The lock-delay, in which the quarantine passes, and the handicap.
  b.rt.advance(12s);
  CHECK(c.leads() == 1);
  b.end();
}

TEST_CASE("a member whose key was away for a while counts again, whatever its LockIndex is then") {
  group_fixture b(6);
  group_process& a = b.join("a");
  group_process& c = b.join("c");
  b.settle();
  REQUIRE(a.leads() == 3);
  const std::string key = key_of(c);
  // Neither learns of what happens to the key.
  c.p.transport->network = [](runtime::lane, const runtime::http_request& r) {
    return has(r.target, "jobs/members/") || has(r.body, "jobs/members/")
               ? fate(mishap::reset_before)
               : fate();
  };
  a.p.transport->network = [](runtime::lane, const runtime::http_request& r) {
    return has(r.target, "jobs/members/") ? fate(mishap::reset_before) : fate();
  };
  b.rt.advance(31s);  // polls that were under way have ended
  b.put(key, "oops");  // sets the LockIndex to 0
  b.ask("PUT", "/v1/kv/" + key + "?release=" + c.session(), "");
  REQUIRE_FALSE(has(b.key(key), "\"Session\""));
  const auto led = std::ranges::find_if(
      a.elections, [](const auto& one) { return one->standing() == standing::leading; });
  (*led)->set_healthy(false);
  b.rt.advance(1s);
  CHECK(a.status("c").name.empty());  // Consul refused a hand-over to it
  (*led)->set_healthy(true);
  c.p.reconnect();
  b.rt.advance(10s);
  REQUIRE(has(b.key(key), "\"Session\""));
  a.p.reconnect();
  b.settle();
  CHECK(a.status("c").name == "c");
  CHECK(c.status("a").name == "a");
  b.end();
}
