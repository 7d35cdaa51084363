// An election of a group is handed over instead of released: the transaction, and what the giver
// does when it is refused or its answer is lost.
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "agent/fault_injection.hpp"
#include "hand_over_fixture.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

using texts = std::vector<std::string>;

/// One member that leads, and the hand-overs that it sends.
class giving {
 public:
  giving() : a(b, "a"), one(a.enter_and_lead(key)) {
    one->set_claims_wait(true);
    a.p.transport->network = [this](runtime::lane, const runtime::http_request& r) {
      if (r.target == "/v1/txn") transactions.push_back(verbs(r));
      if (!hands_over(r)) return fate(500us, 500us);
      ++sent;
      if (before) before();
      return sent <= harmed ? fate(harm) : fate(500us, 500us);
    };
    a.group->holders.clear();
  }
  ~giving() {
    a.end();
    b.shut_down();
  }

  /// And what follows.
  void resign() {
    a.resign(*one);
    b.rt.advance(2s);
  }

  election_fixture b;
  member a;
  std::shared_ptr<impl::participant> one;
  std::vector<texts> transactions;
  int sent = 0;
  int harmed = 0;  ///< the first ones, by `harm`
  mishap harm = mishap::none;
  std::function<void()> before;
};

}  // namespace

TEST_CASE("a key is handed over by one transaction: guard, release, lock for the next holder") {
  giving g;
  const impl::recipient to = stranger(g.b, "host-b", "b:1");
  g.a.group->next = {to};
  const term t = g.one->current();
  g.resign();
  CHECK(g.transactions == std::vector<texts>{{"check-index", "unlock", "lock"}});
  CHECK(holds(g.b, to, key));
  CHECK(has(g.b.key(key), "\"Value\":\"Yjox\""));  // "b:1"
  CHECK(t.reason() == end_reason::resigned);
  CHECK(g.one->handed_to() == "host-b");
  CHECK(g.a.group->handed == texts{"host-b"});
  CHECK(g.a.group->holders == texts{to.session.text()});
  CHECK(g.one->settled());
  const event now = g.one->take_event();
  CHECK(now.handed_to == "host-b");
  CHECK(now.leader.value == "b:1");
  CHECK(now.leader.session == to.session.text());
  CHECK(now.leader.fence > t.fence());
  CHECK(g.a.log->count("election handed over", " to=host-b") == 1);
  CHECK(g.a[metric::hand_overs_sent] == 1);
  CHECK(g.a[metric::hand_overs_done] == 1);
  CHECK(g.a[metric::releases_done] == 0);
  CHECK(g.a.metrics->recorded(metric::hand_over_seconds).count == 1);
  CHECK(g.a.metrics->recorded(metric::hand_over_seconds).sum <= 1ms);
}

TEST_CASE("without another member the key is released") {
  giving g;
  g.resign();
  CHECK(g.a.group->asked == 1);
  CHECK(g.sent == 0);
  CHECK_FALSE(locked(g.b));
  CHECK(g.one->handed_to().empty());
  CHECK(g.a.group->holders == texts{"free"});
  CHECK(g.a[metric::hand_overs_sent] == 0);
  CHECK(g.a[metric::releases_done] == 1);
}

TEST_CASE("the next member is tried at once if the first one's session is gone") {
  giving g;
  const impl::recipient dead{"11111111-2222-3333-4444-555555555555", "dead",
                             std::make_shared<const std::string>("d"), {}};
  g.a.group->next = {dead};
  SECTION("another lives") {
    const impl::recipient to = stranger(g.b, "host-b");
    g.a.group->next.push_back(to);
    const time_point resigned = g.b.rt.now();
    g.a.resign(*g.one);
    CHECK(g.b.rt.now() - resigned <= 2ms);  // two round trips and no pause
    g.b.rt.advance(5ms);
    CHECK(holds(g.b, to, key));
    CHECK(g.one->handed_to() == "host-b");
    CHECK(g.a.group->handed == texts{"host-b"});
    CHECK(g.a[metric::hand_overs_done] == 1);
  }
  SECTION("none lives") {
    g.resign();
    CHECK_FALSE(locked(g.b));
    CHECK(g.a.group->handed.empty());
    CHECK(g.one->handed_to().empty());
    CHECK(g.a[metric::releases_done] == 1);
  }
  CHECK(g.a.group->died == texts{"dead"});
  CHECK(g.a[metric::hand_overs_refused] == 1);
}

TEST_CASE("a lock-delay refuses the lock of the next holder: the key is released") {
  giving g;
  // A claim may have bypassed the delay, on a server that did not know it.
  g.a.end();
  const std::string delaying = g.b.ask("PUT", "/v1/session/create", R"({"LockDelay":"60s"})").body;
  const std::string id = delaying.substr(delaying.find("\"ID\":\"") + 6, 36);
  g.b.ask("PUT", "/v1/kv/" + key + "?acquire=" + id, "x");
  g.b.ask("PUT", "/v1/session/destroy/" + id);
  agent::fault_injection& faults = g.b.agent.handler().faults();
  faults.set_lock_delay_mode(agent::lock_delay_mode::bypassed);
  g.one = g.a.enter_and_lead(key);
  g.one->set_claims_wait(true);
  faults.set_lock_delay_mode(agent::lock_delay_mode::enforced);
  g.a.group->next = {stranger(g.b, "host-b")};
  g.resign();
  CHECK(g.sent == 1);
  CHECK_FALSE(locked(g.b));
  CHECK(g.a.group->died.empty());
  CHECK(g.one->handed_to().empty());
  CHECK(g.a[metric::hand_overs_refused] == 1);
}

TEST_CASE("after a lost answer the holder shows what became of a hand-over") {
  giving g;
  const impl::recipient to = stranger(g.b, "host-b");
  g.a.group->next = {to};
  g.harmed = 1;
  SECTION("it was carried out") {
    g.harm = mishap::reset_after;
    g.resign();
    CHECK(g.a[metric::hand_overs_recovered] == 1);
    CHECK(g.a[metric::hand_overs_done] == 0);
  }
  SECTION("it was not") {
    g.harm = mishap::reset_before;
    g.resign();
    CHECK(g.sent == 2);
    CHECK(g.a[metric::hand_overs_recovered] == 0);
    CHECK(g.a[metric::hand_overs_done] == 1);
  }
  CHECK(holds(g.b, to, key));
  CHECK(g.one->settled());
  CHECK(g.one->handed_to() == "host-b");
  CHECK(g.a.group->handed == texts{"host-b"});
  CHECK(g.a[metric::hand_overs_unknown] == 1);
  CHECK(g.a.metrics->recorded(metric::hand_over_seconds).count == 1);
  CHECK(g.a.log->count("election handed over", " to=host-b") == 1);
}

TEST_CASE("a lost hand-over is repeated to the same member, though the plan names another by now") {
  giving g;
  const impl::recipient first = stranger(g.b, "first");
  g.a.group->next = {first};
  g.harmed = 1;
  g.harm = mishap::reset_before;
  g.before = [&] { g.a.group->next = {stranger(g.b, "second")}; };
  g.resign();
  CHECK(holds(g.b, first, key));
  CHECK(g.a.group->asked == 1);
}

TEST_CASE("a key that was lost before the hand-over is not handed over") {
  giving g;
  g.a.group->next = {stranger(g.b, "host-b")};
  g.before = [&] {
    g.before = nullptr;
    g.b.ask("DELETE", "/v1/kv/" + key);
  };
  g.resign();
  CHECK(g.b.key(key).empty());
  CHECK(g.a.group->handed.empty());
  CHECK(g.one->handed_to().empty());
  CHECK(g.a[metric::hand_overs_refused] == 1);
  CHECK(g.a[metric::hand_overs_sent] == 1);
}

TEST_CASE("leaving one election releases its key, a shut-down hands it over") {
  giving g;
  const impl::recipient to = stranger(g.b, "host-b");
  g.a.group->next = {to};
  SECTION("left") {
    g.one->leave();
    g.b.rt.advance(1s);
    CHECK_FALSE(locked(g.b));
    CHECK(g.a.group->asked == 0);
  }
  SECTION("shut down") {
    g.one->stop(end_reason::shut_down);
    g.resign();
    CHECK(holds(g.b, to, key));
    const event last = g.one->take_event();
    CHECK(last.reason == end_reason::shut_down);
    CHECK(last.handed_to == "host-b");
  }
}

TEST_CASE("a key that never got a term is released") {
  election_fixture b;
  member a(b, "a");
  const auto one = a.enter(key);
  a.group->next = {stranger(b, "host-b")};
  const impl::recipient died = stranger(b, "died");
  b.ask("PUT", "/v1/kv/" + key + "?acquire=" + died.session.text(), "x");
  b.rt.advance(100ms);
  b.ask("PUT", "/v1/session/destroy/" + died.session.text());
  b.rt.advance(100ms);
  one->set_claims_wait(false);
  one->stand();
  b.rt.advance(100ms);
  REQUIRE(one->standing() == standing::pending);
  one->withdraw();
  b.rt.advance(100ms);
  CHECK_FALSE(locked(b));
  CHECK(a.group->asked == 0);
  a.end();
  b.shut_down();
}

TEST_CASE("a participant reports its seat's changes, and leaves the seat once") {
  election_fixture b;
  member a(b, "a");
  const auto one = a.enter(key);
  b.rt.advance(100ms);
  CHECK(a.group->holders == texts{"free"});
  one->stand();
  b.rt.advance(100ms);
  CHECK(one->standing() == standing::candidate);  // claims wait
  a.group->changes = 0;
  one->set_claims_wait(false);
  b.rt.advance(100ms);
  CHECK(one->standing() == standing::leading);
  CHECK(a.group->changes > 0);
  CHECK(a.group->holders == texts{"free", one->session()});
  a.group->changes = 0;
  one->set_healthy(false);
  CHECK(a.group->changes > 0);
  a.end();
  CHECK(a.group->left == std::vector<std::uint32_t>{0});
  one->detach();
  CHECK(a.group->left.size() == 1);
  b.shut_down();
}

TEST_CASE("the member that gets a key begins its term by the hand-over") {
  election_fixture b;
  member a(b, "a");
  member c(b, "c");
  const auto giver = a.enter_and_lead(key);
  const auto taker = c.enter(key);
  taker->stand();
  b.rt.advance(1s);
  a.group->next = {c.as_recipient("host-c")};
  const term old = giver->current();
  a.resign(*giver);
  b.rt.advance(1s);
  REQUIRE(taker->can_hand_over());
  CHECK(taker->current().fence() > old.fence());
  CHECK(c[metric::terms_begun_by_hand_over] == 1);
  CHECK(c[metric::terms_begun] == 1);
  CHECK(c[metric::claims] == 0);
  CHECK(c.log->count("term began", " by=hand-over") == 1);
  CHECK(a.log->count("term began", " by=") == 0);
  CHECK(giver->last_seen()->value == "c");
  // And back.
  c.group->next = {a.as_recipient("host-a")};
  c.resign(*taker);
  b.rt.advance(1s);
  CHECK(giver->can_hand_over());
  CHECK(giver->handed_to().empty());
  CHECK(taker->handed_to() == "host-a");
  c.end();
  a.end();
  b.shut_down();
}
