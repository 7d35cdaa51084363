// The documents that are stored in keys: settings, and a semaphore's lock in consul/api's form.
#include "consul/documents.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace tenure::consul;

TEST_CASE("settings are a flat object of strings, sorted by name") {
  const settings_document values{{"b", "2\n"}, {"a", "<1> \"x\""}, {"", "odd"}};
  const std::string text = settings_text(values);
  CHECK(text == R"({"":"odd","a":"\u003c1\u003e \"x\"","b":"2\n"})");
  CHECK(parse_settings(text) == values);
  CHECK(parse_settings("") == settings_document{});
  CHECK(parse_settings("{}") == settings_document{});
  CHECK(parse_settings(" {\"k\": \"v\"}\n") == settings_document{{"k", "v"}});
}

TEST_CASE("merging settings: an empty value removes one, and equal values change nothing") {
  settings_document values{{"a", "1"}, {"b", "2"}};
  CHECK_FALSE(merge_settings({{"a", "1"}, {"c", ""}}, values));
  CHECK(merge_settings({{"a", ""}, {"b", "3"}, {"d", "4"}}, values));
  CHECK(values == settings_document{{"b", "3"}, {"d", "4"}});
}

TEST_CASE("a malformed settings document is not an empty one") {
  for (const char* text : {"[]", "{", "{\"a\":1}", "{\"a\":{}}", "{\"a\":\"1\",\"a\":\"2\"}",
                           "{\"a\":\"1\"} x", "plain", "\"a\"", "{\"a\":null}"}) {
    INFO(text);
    CHECK_FALSE(parse_settings(text));
  }
}

TEST_CASE("a semaphore's lock in the form of consul/api") {
  // Written by `consul lock -n 3`, 1.8.7.
  const auto lock = parse_semaphore(
      R"({"Limit":3,"Holders":{"ef0ae3d0-a3ef-9f5a-0a3c-4c9d9d3aa2b1":true,"b":true}})");
  REQUIRE(lock);
  CHECK(lock->limit == 3);
  CHECK(lock->holders == std::set<std::string>{"b", "ef0ae3d0-a3ef-9f5a-0a3c-4c9d9d3aa2b1"});
  CHECK(semaphore_text(*lock) ==
        R"({"Limit":3,"Holders":{"b":true,"ef0ae3d0-a3ef-9f5a-0a3c-4c9d9d3aa2b1":true}})");
  CHECK(parse_semaphore("")->limit == 0);
  CHECK(parse_semaphore(R"({"Limit":1,"Holders":null})")->holders.empty());
  CHECK(parse_semaphore(R"({"Limit":1,"Holders":{}})")->limit == 1);
  CHECK_FALSE(parse_semaphore("{}"));
  CHECK_FALSE(parse_semaphore(R"({"Limit":-1,"Holders":{}})"));
  CHECK_FALSE(parse_semaphore(R"({"Limit":1,"Holders":["a"]})"));
}
