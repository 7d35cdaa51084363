#include <catch2/catch_test_macros.hpp>

#include "core/util/session_id.hpp"

using tenure::core::session_id;

TEST_CASE("a session id keeps its text") {
  for (const char* text :
       {"6ba7b810-9dad-11d1-80b4-00c04fd430c8", "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000000",
        "6BA7B810-9dad-11d1-80b4-00c04fd430c8", "6ba7b810-9dad-11d1-80b4-00c04fd430c",
        "6ba7b810-9dad-11d1-80b4-00c04fd430c88", "6ba7b810+9dad-11d1-80b4-00c04fd430c8",
        "6ba7b810-9dad-11d1-80b4-00c04fd430cg", "s1", ""}) {
    INFO(text);
    const session_id id(text);
    REQUIRE(id.text() == text);
    REQUIRE(id.empty() == std::string(text).empty());
    const session_id copy = id;
    REQUIRE(copy == id);
    session_id assigned("x");
    assigned = id;
    REQUIRE(assigned.text() == text);
  }
}

TEST_CASE("different sessions compare unequal") {
  const session_id a("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
  REQUIRE_FALSE(a == session_id("6ba7b810-9dad-11d1-80b4-00c04fd430c9"));
  REQUIRE_FALSE(a == session_id("7ba7b810-9dad-11d1-80b4-00c04fd430c8"));
  REQUIRE_FALSE(a == session_id("6BA7B810-9dad-11d1-80b4-00c04fd430c8"));
  REQUIRE_FALSE(a == session_id());
  REQUIRE_FALSE(session_id("00000000-0000-0000-0000-000000000000") == session_id());
  REQUIRE(session_id("s") == session_id("s"));
}
