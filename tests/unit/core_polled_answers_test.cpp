// Answers of polls that are linearizable and were asked for long ago.
#include <catch2/catch_test_macros.hpp>

#include "core_heir.hpp"

using namespace tenure;
using namespace tenure::core;
using namespace tenure::test;

TEST_CASE("a poll proves a term from its send time, and takes no later proof back") {
  heir h;
  h.lead();
  h.c.proved(30, at(12), at(12.1));
  h.c.observe(surely(held_by("S", 30), at(11)), at(13));
  CHECK(h.c.lease().lease_end() == at(21.7));
  h.c.observe(surely(held_by("S", 30), at(12.5)), at(14));
  CHECK(h.c.lease().lease_end() == at(22.2));
  h.c.observe(held_by("S", 30), at(15));  // not linearizable: no proof
  CHECK(h.c.lease().lease_end() == at(22.2));
}

TEST_CASE("an outdated answer of a poll is followed by one read, linearizable or not") {
  heir h;
  h.lead();
  SECTION("sent before the newer observation: the cluster may have gone back since") {
    CHECK(h.c.observe(surely(held_by("A", 20), at(9)), at(11)) == observation_order::outdated);
  }
  SECTION("not linearizable") {
    CHECK(h.c.observe(held_by("A", 20), at(11)) == observation_order::outdated);
  }
  SECTION("a list without the key: its index may be lower than that of a deletion") {
    CHECK(h.c.observe(surely(missing(5), at(10.5)), at(11)) == observation_order::outdated);
  }
  CHECK(h.c.stage() == stage::leading);
  REQUIRE(h.c.next(at(11)) == action::read);
  h.c.read_answered(surely(held_by("S", 30), at(11)), at(11.1));
  CHECK(h.c.next(at(11.1)) == action::wait);
}

TEST_CASE("a read that finds no key at a lower index shows that the indexes began anew") {
  heir h;
  h.c.set_claims_wait(false);
  h.c.observe(surely(missing(5), at(1)), at(2));
  REQUIRE(h.c.next(at(2)) == action::read);
  h.c.read_answered(surely(missing(5), at(2)), at(2.1));
  CHECK(h.c.fence_too_low());
  REQUIRE(h.c.next(at(2.1)) == action::claim);
  h.c.claim_won(surely(held_by("S", 6), at(2.1)), at(2.2), 0);
  CHECK(h.c.next(at(20)) == action::release);
}

TEST_CASE("after a refused claim an old poll does not replace the read that follows") {
  candidate c(heir_rules);
  c.session_ready("S");
  c.stand();
  c.observe(free_clean(10), at(0));
  REQUIRE(c.next(at(0)) == action::claim);
  c.claim_refused(claim_refusal::index_moved, at(1), 0);
  c.observe(surely(free_clean(10), at(-1)), at(1.1));
  REQUIRE(c.next(at(1.2)) == action::read);
  c.read_answered(surely(held_by("B", 15), at(1.2)), at(1.3));
  CHECK(c.next(at(1.3)) == action::wait);
}
