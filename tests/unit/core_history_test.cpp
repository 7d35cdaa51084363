#include <catch2/catch_test_macros.hpp>

#include "core/key_history.hpp"
#include "core_sights.hpp"

using namespace tenure;
using namespace tenure::core;
using namespace tenure::test;
using namespace std::chrono_literals;

TEST_CASE("at first sight an empty or a missing key is clean, a left value is not") {
  key_history a;
  a.saw(missing(7), at(1));
  REQUIRE((a.free() && a.clean()));
  key_history b;
  b.saw(free_clean(7), at(1));
  REQUIRE((b.free() && b.clean()));
  key_history c;
  c.saw(free_dirty(7), at(1));
  REQUIRE((c.free() && !c.clean()));
  REQUIRE(c.free_since() == at(1));
}

TEST_CASE("after it was held, only an empty value of the same life of the key is clean") {
  key_history h;
  h.saw(held_by("A", 10), at(1));
  REQUIRE_FALSE(h.free());
  SECTION("released with an empty value") {
    h.saw(free_clean(11), at(2));
    REQUIRE(h.clean());
  }
  SECTION("the session died: the value stands") {
    h.saw(free_dirty(11), at(2));
    REQUIRE_FALSE(h.clean());
    REQUIRE(h.free_since() == at(2));
  }
  SECTION("deleted") {
    h.saw(missing(11), at(2));
    REQUIRE_FALSE(h.clean());
  }
  SECTION("deleted, made again and released in between") {
    key_sight s = free_clean(15);
    s.create_index = 12;
    h.saw(s, at(2));
    REQUIRE_FALSE(h.clean());
  }
  SECTION("released by hand, with nothing in it") {
    key_sight s = free_clean(11);
    s.plain = true;
    h.saw(s, at(2));
    REQUIRE_FALSE(h.clean());
  }
  SECTION("the session died and somebody put an empty value over the free key") {
    key_sight s = free_clean(13);
    s.lock_index = 0;
    h.saw(s, at(2));
    REQUIRE_FALSE(h.clean());
  }
}

TEST_CASE("a free key does not become clean by being overwritten") {
  key_history h;
  h.saw(held_by("A", 10), at(1));
  h.saw(free_dirty(11), at(2));
  key_sight put = free_clean(12);
  put.lock_index = 0;
  h.saw(put, at(3));
  REQUIRE_FALSE(h.clean());
  REQUIRE(h.free_since() == at(3));
  // A whole term in between, released cleanly, does.
  key_sight term = free_clean(20);
  term.lock_index = 1;
  h.saw(term, at(4));
  REQUIRE(h.clean());
}

TEST_CASE("older sights never replace newer ones") {
  key_history h;
  REQUIRE(h.saw(held_by("A", 10), at(1)) == sight_verdict::newer);
  REQUIRE(h.saw(free_clean(9), at(2)) == sight_verdict::outdated);
  REQUIRE(h.saw(missing(9), at(2)) == sight_verdict::outdated);
  REQUIRE(h.holder() == "A");
  REQUIRE(h.saw(held_by("A", 10), at(3)) == sight_verdict::same);
  REQUIRE(h.saw(missing(12), at(4)) == sight_verdict::newer);
  REQUIRE(h.saw(held_by("A", 10), at(5)) == sight_verdict::outdated);
  REQUIRE(h.saw(missing(40), at(6)) == sight_verdict::same);
  REQUIRE(h.highest() == 40);
}

TEST_CASE("a linearizable answer that is older than a question before it means another life") {
  key_history h;
  h.saw(free_clean(100), at(5));
  key_sight s = free_clean(20);
  s.linearizable = true;
  s.sent_at = at(4);
  REQUIRE(h.saw(s, at(6)) == sight_verdict::outdated);
  s.sent_at = at(7);
  REQUIRE(h.saw(s, at(8)) == sight_verdict::restarted);
  REQUIRE_FALSE(h.clean());
  REQUIRE(h.free_since() == at(8));
  REQUIRE(h.highest() == 100);
}
