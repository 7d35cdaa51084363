// The document of a group's member.
#include "consul/member_document.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace tenure;

TEST_CASE("a member's document, there and back") {
  core::group_member member;
  member.name = "host-a";
  member.value = "host-a:3306";
  CHECK(consul::member_text(member) ==
        R"({"format":1,"name":"host-a","value":"host-a:3306","weight":100,"labels":{},)"
        R"("leaving":false,"settled":false,"idle":false,)"
        R"("elections":{"count":0,"digest":"0000000000000000"}})");
  CHECK(consul::parse_member(consul::member_text(member)) == member);
  member.value = std::string("\xff\x00\x01", 3);
  member.weight = 0;
  member.capacity = 500;
  member.labels = {{"zone", "a"}, {"rack", "\"7\""}};
  member.leaving = member.settled = member.idle = true;
  member.entered.add(0xfedcba9876543210);
  member.entered.add(0x8000000000000001);
  CHECK(consul::parse_member(consul::member_text(member)) == member);
}

TEST_CASE("only name and value are required; what is not known is ignored") {
  const auto member = consul::parse_member(
      R"({"name":"a","zone":{"x":[1,{"name":"z"}]},"value":"v","weight":7,"new":null})");
  REQUIRE(member);
  CHECK(member->name == "a");
  CHECK(member->weight == 7);
  CHECK(member->capacity == core::no_limit);
  CHECK_FALSE(member->settled);
  CHECK(member->idle);  // a drain does not wait for a word that an earlier version does not know
}

TEST_CASE("a document that would be misread is refused") {
  for (const char* text :
       {"", "{}", "[]", "plain", R"({"name":"a"})", R"({"name":"","value":"v"})",
        R"({"name":"a","value":""})", R"({"name":1,"value":"v"})",
        R"({"name":"a","value":"v"} x)", R"({"name":"a","value":"v","format":2})",
        R"({"name":"a","value":"v","weight":-1})", R"({"name":"a","value":"v","weight":1000001})",
        R"({"name":"a","value":"v","weight":"7"})", R"({"name":"a","value":"v","settled":1})",
        R"({"name":"a","value":"v","leaving":"no"})", R"({"name":"a","value":"v","capacity":1.5})",
        R"({"name":"a","value":"v","labels":{"x":1}})",
        R"({"name":"a","value":"v","value_base64":"?"})",
        R"({"name":"a","value":"v","elections":{"count":1,"digest":"xyz"}})",
        R"({"name":"a","value":"v","elections":{"count":1,"digest":"12345678901234567"}})"}) {
    INFO(text);
    CHECK_FALSE(consul::parse_member(text));
  }
}

TEST_CASE("the digest of entered elections depends on the keys, and not on their order") {
  core::entered_elections one;
  core::entered_elections other;
  for (const char* key : {"a", "b", "c"}) one.add(core::plan_order(key));
  for (const char* key : {"c", "a", "x", "b"}) other.add(core::plan_order(key));
  CHECK_FALSE(one == other);
  other.remove(core::plan_order("x"));
  CHECK(one == other);
}
