// Which notices of hand-overs a candidate believes.
#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <string>

#include "election/group/hand_over_notices.hpp"
#include "hand_over_fixture.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

/// Two members: `a` leads and hands over to `b`, which learns of it by a notice: its polls of keys
/// get no answer.
class noticing {
 public:
  noticing()
      : a(f, "a"),
        b(f, "b"),
        of_a(a.enter_and_lead(key)),
        of_b(b.enter(key)),
        notices(b.p.engine->shared(), "g", quick("b")) {
    for (const auto& one : {of_a, of_b}) one->set_claims_wait(true);
    of_b->stand();
    f.rt.run_until([this] { return !of_b->session().empty() && of_b->history().held(); }, 5s);
    b.p.transport->network = [](runtime::lane where, const runtime::http_request& r) {
      const bool its_key = where == runtime::lane::polls && !has(r.target, "/handed/");
      return fate(its_key ? mishap::silent_before : mishap::none);
    };
    notices.session_is(of_b->session());
    f.rt.advance(40s);  // the poll that had begun has ended
    impl::recipient to = b.as_recipient("b");
    to.notices = impl::notices_prefix("g", to.session.text());
    a.group->next = {to};
  }
  ~noticing() {
    a.end();
    b.end();
    f.shut_down();
  }

  std::string notice_key() const {
    return impl::notices_prefix("g", of_b->session()) + of_a->session() + ".0";
  }

  election_fixture f;
  member a, b;
  std::shared_ptr<impl::participant> of_a, of_b;
  impl::hand_over_notices notices;
};

}  // namespace

TEST_CASE("a term begins by a notice, without another request") {
  noticing n;
  std::vector<std::string> seen;
  n.a.p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    if (hands_over(r)) seen = verbs(r);
    return fate();
  };
  n.a.resign(*n.of_a);
  n.f.rt.run_until_idle();
  CHECK(seen == std::vector<std::string>{"check-index", "unlock", "lock", "set"});
  REQUIRE(n.of_b->working());
  CHECK(has(n.f.key(key), "\"ModifyIndex\":" + std::to_string(n.of_b->current().fence())));
  n.f.rt.advance(20s);
  CHECK(n.of_b->working());  // its proofs and its guard are right
}

TEST_CASE("an old notice that is written again begins no term") {
  noticing n;
  n.a.resign(*n.of_a);
  n.f.rt.run_until_idle();
  REQUIRE(n.of_b->working());
  const std::string path = "/v1/kv/" + n.notice_key();
  const std::string old = n.f.ask("GET", path + "?raw").body;
  REQUIRE_FALSE(old.empty());
  n.b.group->next = {n.a.as_recipient("a")};
  n.of_a->stand();
  n.b.resign(*n.of_b);
  REQUIRE(n.f.rt.run_until([&] { return n.of_a->working(); }, 5s));
  n.f.ask("PUT", path, "another");
  n.f.ask("PUT", path, old);
  n.f.rt.advance(3s);
  CHECK(n.of_a->working());
  CHECK_FALSE(n.of_b->working());
  CHECK(n.of_b->history().holder() == n.of_a->session());
}

TEST_CASE("a notice of a hand-over whose giver was not seen is a hint to read the key") {
  noticing n;
  // The holder writes its key, and the other member does not see that.
  term t = n.of_a->current();
  n.f.rt.run(t.proclaim("new"));
  const std::size_t reads = n.b.p.transport->started(runtime::lane::requests);
  n.a.resign(*n.of_a);
  REQUIRE(n.f.rt.run_until([&] { return n.of_b->working(); }, 5s));
  CHECK(n.b.p.transport->started(runtime::lane::requests) == reads + 1);
}
