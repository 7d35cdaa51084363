// Moves of a group's elections: bodies that answer or ignore a request, lost sessions, refusals.
#include "core/group/plan_input.hpp"
#include "group_fixture.hpp"
#include "left_member.hpp"

using namespace tenure;
using namespace tenure::test;

TEST_CASE("a body that ignores the request keeps its election, and others move") {
  group_fixture b(10);
  group_process& a = b.join(b.named("a").hand_over_limit(5s));
  a.how = manners::ignores;
  b.rt.advance(3s);
  b.ledger.reset();
  group_process& c = b.join("b");
  b.settle();
  CHECK(a.leads() == 10);
  CHECK(c.leads() == 0);
  CHECK(b.ledger.total() == 0);
  b.end();
}

TEST_CASE("a pin asks again for an election whose body ignored a request") {
  group_fixture b(10);
  group_process& a = b.join(b.named("a").hand_over_limit(5s));
  a.how = manners::ignores;
  b.rt.advance(3s);
  group_process& c = b.join("b");
  b.settle();
  a.how = manners::obeys;
  b.rt.advance(2s);
  REQUIRE(a.leads() == 10);
  b.put("jobs/members/.pinned/" + b.keys.at(3), "b");
  b.rt.advance(2s);
  CHECK(c.leads() == 1);
  CHECK(c.at(b.keys.at(3)).standing() == standing::leading);
  b.end();
}

TEST_CASE("moves keep to their rate") {
  group_fixture b(40);
  b.join(b.named("a").moves_per_second(2));
  b.rt.advance(3s);
  b.ledger.reset();
  b.join("b");
  b.rt.advance(6s);
  CHECK(b.ledger.total() <= 12);
  CHECK(b.ledger.total() >= 6);
  b.rt.advance(10s);
  CHECK(b.ledger.total() == 20);
  b.end();
}

TEST_CASE("when the plan is made again, what has begun to move is what moves") {
  group_fixture b(10);
  const std::string first = *std::ranges::min_element(b.keys, {}, &core::plan_order);
  b.put("jobs/members/.pinned/" + first, "a");
  group_process& a = b.join("a");
  a.cleanup = 10s;
  b.rt.advance(3s);
  b.ledger.reset();
  group_process& c = b.join("b");
  b.rt.advance(5s);
  CHECK(a.leads() == 10);
  b.remove("jobs/members/.pinned/" + first);  // the plan would give it first
  b.settle();
  CHECK(a.leads() == 5);
  CHECK(c.leads() == 5);
  CHECK(b.ledger.total() == 5);
  b.end();
}

TEST_CASE("nothing moves by choice between members that have entered different elections") {
  group_fixture b(10);
  group_process& a = b.join("a");
  b.rt.advance(3s);
  b.keys.push_back("jobs/more");
  group_process& c = b.join("b");
  b.settle();
  CHECK(a.leads() == 10);
  a.enter("jobs/more");
  b.settle();
  CHECK(a.leads() + c.leads() == 11);
  CHECK(c.leads() >= 5);
  b.end();
}

TEST_CASE("a member whose session is lost is a new member, which settles again") {
  group_fixture b(20);
  group_process& a = b.join("a");
  group_process& c = b.join("b");
  b.settle();
  const std::string before = a.session();
  b.ask("PUT", "/v1/session/destroy/" + before);
  b.settle();
  CHECK(a.session() != before);
  CHECK(a.leads() == 10);
  CHECK(c.leads() == 10);
  CHECK(c.g->members().size() == 2);
  b.end();
}

TEST_CASE("a request is withdrawn when its recipient has to settle again") {
  group_fixture b(10);
  group_process& a = b.join(b.named("a").hand_over_limit(60s));
  a.how = manners::ignores;
  b.rt.advance(3s);
  group_process& c = b.join(b.named("b").settling_time(3s));
  const auto wanted = [&a] {
    return std::ranges::count_if(
        a.elections, [](const auto& e) { return e->current().hand_over_wanted(); });
  };
  REQUIRE(b.rt.run_until([&] { return wanted() == 5; }, 10s));
  // It sees the new session at once, and not that there was none.
  a.p.transport->loses_response = [](runtime::lane where) { return where == runtime::lane::polls; };
  const std::string before = c.session();
  b.ask("PUT", "/v1/session/destroy/" + before);
  b.rt.advance(1s);
  REQUIRE(c.session() != before);
  CHECK(wanted() == 5);
  a.p.transport->loses_response = nullptr;
  a.p.transport->reset_silent();
  CHECK(b.rt.run_until([&] { return wanted() == 0; }, 1s));
  CHECK_FALSE(c.status("b").settled);
  CHECK(b.rt.run_until([&] { return wanted() == 5; }, 6s));
  b.end();
}

TEST_CASE("a hand-over to a member that has just died goes to another") {
  group_fixture b(30);
  for (const char* name : {"a", "b", "c"}) b.join(name);
  b.settle();
  b.ledger.reset();
  // The others do not see the death.
  b.members[0]->p.transport->network = [](runtime::lane where, const runtime::http_request&) {
    return fate(where == runtime::lane::polls ? mishap::silent_before : mishap::none);
  };
  b.members[1]->kill();
  b.rt.run(b.members[0]->g->leave());
  b.rt.advance(1s);
  CHECK(b.members[2]->leads() >= 10);
  CHECK(b.members[0]->leads() == 0);
  b.rt.advance(20s);
  CHECK(b.members[2]->leads() == 30);
  b.end();
}

TEST_CASE("without the right to read the members nothing is claimed, and the error says so") {
  group_fixture b(5);
  group_process& a = b.join("a");
  a.p.transport->network = [](runtime::lane, const runtime::http_request& r) {
    return fate(has(r.target, "members") ? mishap::silent_before : mishap::none);
  };
  b.rt.advance(60s);
  CHECK(a.leads() == 0);
  CHECK(a.g->last_error());
  b.end();
}

TEST_CASE("changed() completes when the group changes, and fails when the group is left") {
  group_fixture b(2);
  group_process& a = b.join("a");
  b.settle();
  running<bool> change(b.rt, truly(a.g->changed()));
  b.rt.advance(1s);
  CHECK_FALSE(change.done());
  b.join("b");
  b.rt.advance(1s);
  CHECK(change.done());
  running<bool> last(b.rt, truly(a.g->changed()));
  b.rt.run(a.g->leave());
  b.rt.run(a.g->leave());
  b.rt.advance(1s);
  b.end();
}

TEST_CASE("elections in which a member does not stand are led by others, without flapping") {
  group_fixture b(20);
  group_process& a = b.join("a");
  b.rt.advance(3s);
  process& lazy = b.add();
  group g = lazy.elections->join("jobs", b.named("b"));
  std::vector<election> entered;
  for (const std::string& key : b.keys) entered.push_back(g.enter(key));
  b.ledger.reset();
  b.rt.advance(10min);
  CHECK(a.leads() == 20);
  CHECK(b.ledger.total() <= 2 * 20);
  b.end();
}

TEST_CASE("keys are handed to members that have entered them, whatever the plan says") {
  group_fixture b(10);
  group_process& a = b.join("a");
  b.rt.advance(3s);
  group stranger = b.add().elections->join("jobs", b.named("stranger"));
  b.rt.advance(3s);
  group_process& c = b.join("b");
  b.rt.advance(20s);
  CHECK(a.leads() + c.leads() == 10);
  b.ledger.reset();
  b.rt.run(a.g->leave());
  b.rt.advance(10s);
  CHECK(c.leads() == 10);
  CHECK(b.ledger.longest_gap < 200ms);
  b.end();
}

TEST_CASE("nothing is handed to a member that has left, though its session lives on") {
  const left_member seen = hand_to_left_member();
  CHECK(seen.held == 0);
  CHECK(seen.others_lead == 12);
}

TEST_CASE("a member stays in the plan whose key was free for a moment when an election came") {
  group_fixture b(12);
  group_process& a = b.join("a");
  b.settle();
  group_process& c = b.join("c");
  REQUIRE(b.rt.run_until([&] { return !c.session().empty(); }, 1s));
  const std::string session = c.session();
  const std::string its_key = "jobs/members/" + session;
  int late = 0;
  a.p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    const bool hands_over = has(r.body, "\"unlock\"") && has(r.body, session);
    return hands_over && ++late == 1 ? fate(1s, 5s) : fate();
  };
  c.p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    return late > 0 && has(r.body, its_key) ? fate(2s, 0s) : fate();
  };
  REQUIRE(b.rt.run_until([&] { return late > 0; }, 10s));
  b.ask("PUT", "/v1/kv/" + its_key + "?release=" + session, "x");
  b.rt.advance(1500ms);
  REQUIRE_FALSE(has(b.key(its_key), "\"Session\""));
  c.p.transport->network = nullptr;
  b.settle();
  CHECK(has(b.key(its_key), "\"Session\""));
  CHECK(a.g->members().size() == 2);
  CHECK(a.leads() == 6);
  CHECK(c.leads() == 6);
  b.end();
}
