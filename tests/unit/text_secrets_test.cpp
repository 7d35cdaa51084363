// What a request sent is hidden in the answers that repeat it.
#include <catch2/catch_test_macros.hpp>
#include <tenure/toolkit/base64.hpp>
#include <tenure/toolkit/request_secrets.hpp>

namespace tenure::text {

const std::string value = R"({"pw":"a \"b\""})";

std::string shown(const std::string& answer) {
  const std::string body = R"([{"KV":{"Verb":"set","Key":"services/web","Value":")" +
                           base64_encode(value) + R"("}},{"KV":{"Verb":"set","Key":"x","Value":")" +
                           base64_encode("services/web") + R"("}}])";
  const request_secrets secrets("s3cret-token-0123", "user:pass\"word", body);
  return secrets.hidden(answer, 100);
}

TEST_CASE("what a request sent is hidden where its answer repeats it") {
  CHECK(shown("No cluster leader") == "No cluster leader");
  CHECK(shown("token s3cret-token-0123, again s3cret-token-0123") ==
        "token (hidden), again (hidden)");
  CHECK(shown("cut off: s3cret-token-") == "cut off: (hidden)");
  CHECK(shown("Basic " + base64_encode("user:pass\"word")) == "Basic (hidden)");
  CHECK(shown("user:pass\"word, pass\"word, user") == "(hidden), (hidden), (hidden)");
  CHECK(shown("in JSON: pass\\\"word") == "in JSON: (hidden)");
  CHECK(shown(base64_encode("s3cret-token-0123")) == "(hidden)");
  CHECK(shown("plain " + value + " coded " + base64_encode(value)) ==
        "plain (hidden) coded (hidden)");
  CHECK(shown(R"(a string: {\"pw\":\"a \\\"b\\\"\"})") == "a string: (hidden)");
}

TEST_CASE("a value that is also a key of the request is not hidden") {
  CHECK(shown("key \"services/web\" is missing") == "key \"services/web\" is missing");
}

TEST_CASE("values of keys are hidden in each answer") {
  CHECK(shown(R"-([{"Key":"k","Value":"eHh4","Flags":0}])-") ==
        R"-([{"Key":"k","Value":"(hidden)","Flags":0}])-");
  CHECK(shown(R"-(body "{\"Value\": \"eHh4\"}")-") == R"-(body "{\"Value\": \"(hidden)\"}")-");
  CHECK(shown("{\"Value\":\t\n\"eHh4\",\"value\" :\"eHh4\"}") ==
        "{\"Value\":\t\n\"(hidden)\",\"value\" :\"(hidden)\"}");
  CHECK(shown(R"-({"Value":null,"Value":"","Value":"eHh)-") ==
        R"-({"Value":null,"Value":"","Value":"(hidden))-");
}

TEST_CASE("short words are not hidden: they are parts of others") {
  const request_secrets secrets("abc", "u:pw", R"({"Value":"bG9ja2Vk"})");
  CHECK(secrets.hidden("abc locked u:pwd", 100) == "abc locked (hidden)d");
}

TEST_CASE("no more than a part of a long answer is shown") {
  CHECK(shown(std::string(10'000, 'x')) == std::string(100, 'x'));
}

}  // namespace tenure::text
