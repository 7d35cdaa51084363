#include <catch2/catch_test_macros.hpp>

#include "core/candidate/key_history.hpp"
#include "core_observations.hpp"

using namespace tenure;
using namespace tenure::core;
using namespace tenure::test;
using namespace std::chrono_literals;

TEST_CASE("when first seen, an empty or a missing key is clean, a left value is not") {
  key_history a;
  a.observe(missing(7), at(1));
  REQUIRE((a.free() && a.clean()));
  key_history b;
  b.observe(free_clean(7), at(1));
  REQUIRE((b.free() && b.clean()));
  key_history c;
  c.observe(free_dirty(7), at(1));
  REQUIRE((c.free() && !c.clean()));
  REQUIRE(c.free_since() == at(1));
}

TEST_CASE("after it was held, only an empty value of the same life of the key is clean") {
  key_history h;
  h.observe(held_by("A", 10), at(1));
  REQUIRE_FALSE(h.free());
  SECTION("released with an empty value") {
    h.observe(free_clean(11), at(2));
    REQUIRE(h.clean());
  }
  SECTION("the session died: the value is left") {
    h.observe(free_dirty(11), at(2));
    REQUIRE_FALSE(h.clean());
    REQUIRE(h.free_since() == at(2));
  }
  SECTION("deleted") {
    h.observe(missing(11), at(2));
    REQUIRE_FALSE(h.clean());
  }
  SECTION("deleted, created again and released in between") {
    key_observation s = free_clean(15);
    s.create_index = 12;
    h.observe(s, at(2));
    REQUIRE_FALSE(h.clean());
  }
  SECTION("released by hand, with an empty value") {
    key_observation s = free_clean(11);
    s.plain = true;
    h.observe(s, at(2));
    REQUIRE_FALSE(h.clean());
  }
  SECTION("the session died, then an empty value was written over the free key") {
    key_observation s = free_clean(13);
    s.lock_index = 0;
    h.observe(s, at(2));
    REQUIRE_FALSE(h.clean());
  }
}

TEST_CASE("a free key does not become clean by being overwritten") {
  key_history h;
  h.observe(held_by("A", 10), at(1));
  h.observe(free_dirty(11), at(2));
  key_observation put = free_clean(12);
  put.lock_index = 0;
  h.observe(put, at(3));
  REQUIRE_FALSE(h.clean());
  REQUIRE(h.free_since() == at(3));
  // A whole term in between, released cleanly, does.
  key_observation term = free_clean(20);
  term.lock_index = 1;
  h.observe(term, at(4));
  REQUIRE(h.clean());
}

TEST_CASE("older observations never replace newer ones") {
  key_history h;
  REQUIRE(h.observe(held_by("A", 10), at(1)) == observation_order::newer);
  REQUIRE(h.observe(free_clean(9), at(2)) == observation_order::outdated);
  REQUIRE(h.observe(missing(9), at(2)) == observation_order::outdated);
  REQUIRE(h.holder() == "A");
  REQUIRE(h.observe(held_by("A", 10), at(3)) == observation_order::same);
  REQUIRE(h.observe(missing(12), at(4)) == observation_order::newer);
  REQUIRE(h.observe(held_by("A", 10), at(5)) == observation_order::outdated);
  REQUIRE(h.observe(missing(40), at(6)) == observation_order::same);
  REQUIRE(h.highest() == 40);
}

TEST_CASE("an older answer with a holder says that a missing key was deleted") {
  key_history h;
  h.observe(missing(12), at(2));
  REQUIRE(h.clean());
  REQUIRE(h.observe(held_by("A", 10), at(3)) == observation_order::outdated);
  REQUIRE((h.free() && !h.clean()));
  REQUIRE(h.free_since() == at(2));
  SECTION("not that a key which exists was") {
    key_history released;
    released.observe(free_clean(12), at(2));
    released.observe(held_by("A", 10), at(3));
    REQUIRE(released.clean());
  }
}

TEST_CASE("a linearizable answer that is older than one before its request means another life") {
  key_history h;
  h.observe(free_clean(100), at(5));
  key_observation s = free_clean(20);
  s.linearizable = true;
  s.sent_at = at(4);
  REQUIRE(h.observe(s, at(6)) == observation_order::outdated);
  s.sent_at = at(7);
  REQUIRE(h.observe(s, at(8)) == observation_order::restarted);
  REQUIRE_FALSE(h.clean());
  REQUIRE(h.free_since() == at(8));
  REQUIRE(h.highest() == 100);
}

TEST_CASE("a hold passed directly if the newest before it was another's of the same key") {
  key_history h;
  h.observe(held_by("A", 10), at(0));
  CHECK_FALSE(h.passed());  // at first sight
  h.observe(held_by("B", 11), at(1));
  CHECK(h.passed());
  h.observe(held_by("B", 11), at(2));
  CHECK(h.passed());  // nothing new
  h.observe(held_by("A", 10), at(2));
  CHECK(h.passed());  // outdated
  SECTION("written again by its holder") { h.observe(held_by("B", 12), at(3)); }
  SECTION("free in between") {
    h.observe(free_clean(12), at(3));
    CHECK_FALSE(h.passed());
    h.observe(held_by("A", 13), at(3));
  }
  SECTION("missing in between") {
    h.observe(missing(12), at(3));
    h.observe(held_by("A", 13), at(3));
  }
  SECTION("in another life of the key") {
    key_observation s = held_by("A", 13);
    s.create_index = 12;
    h.observe(s, at(3));
  }
  SECTION("in another life of the cluster") {
    REQUIRE(h.observe(surely(held_by("A", 7), at(3)), at(3)) == observation_order::restarted);
  }
  CHECK_FALSE(h.passed());
}

TEST_CASE("whether an index exceeds all that were seen before") {
  key_history h;
  h.observe(held_by("A", 10), at(0));
  CHECK(h.exceeds_all());
  h.observe(surely(held_by("B", 5), at(1)), at(1));
  CHECK_FALSE(h.exceeds_all());
  h.observe(held_by("A", 10), at(2));
  CHECK_FALSE(h.exceeds_all());
  h.observe(held_by("B", 11), at(3));
  CHECK(h.exceeds_all());
}
