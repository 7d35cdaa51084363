// The filter of agent/services: its matches, and the errors for invalid filters.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <tenure/toolkit/percent.hpp>

#include "contract.hpp"

namespace tenure::test {
namespace {

struct filtered {
  const char* filter;
  const char* answer;
};

http_answer ask_filtered(std::string_view filter) {
  return ask("GET", "/v1/agent/services?filter=" + text::percent_encode(filter));
}

/// The ids of the matching services, in order.
std::string ids(const http_answer& answer) {
  if (answer.status != 200) return seen(answer);
  std::string found;
  for (const char* id : {"f-redis", "f-web"}) {
    if (answer.body.find('"' + std::string(id) + "\":{") != std::string::npos) {
      found += (found.empty() ? "" : " ") + std::string(id);
    }
  }
  return found;
}

void register_both() {
  const auto put = [](const char* body) {
    REQUIRE(ask("PUT", "/v1/agent/service/register", body).status == 200);
  };
  put(R"({"ID":"f-redis","Name":"redis","Tags":["primary","v1"],"Address":"10.0.0.1",)"
      R"("Port":8000,"Meta":{"rv":"4.0"},"EnableTagOverride":true,)"
      R"("Weights":{"Passing":10,"Warning":1}})");
  put(R"({"ID":"f-web","Name":"web"})");
}

void deregister_both() {
  for (const char* id : {"f-redis", "f-web"}) {
    CHECK(ask("PUT", "/v1/agent/service/deregister/" + std::string(id)).status == 200);
  }
}

}  // namespace

TEST_CASE("A filter selects the matching services") {
  register_both();
  for (const filtered& f : {
           filtered{"", "f-redis f-web"},
           {"Service == redis", "f-redis"},
           {"Service==\"redis\"", "f-redis"},
           {"Service != redis and ID matches `^f-`", "f-web"},
           {"ID matches \"^f-r\"", "f-redis"},
           {"ID matches \"^f-[rw]e.*\"", "f-redis f-web"},
           {"ID matches `(?i)REDIS`", "f-redis"},
           {"ID matches `^f-` and ID not matches `web`", "f-redis"},
           {"Tags contains primary", "f-redis"},
           {"\"primary\" in Tags", "f-redis"},
           {"primary in Tags", "f-redis"},
           {"prim in Tags", ""},
           {"\"primary\" not in Tags and ID matches `^f-`", "f-web"},
           {"Tags not contains v1 and f in ID", "f-web"},
           {"Tags is empty and ID contains \"f-\"", "f-web"},
           {"Tags is not empty", "f-redis"},
           {"Meta is empty and f in ID", "f-web"},
           {"Meta is not empty", "f-redis"},
           {"Meta.rv == \"4.0\"", "f-redis"},
           {"Meta[\"rv\"] == \"4.0\"", "f-redis"},
           {"Meta contains rv", "f-redis"},
           {"rv in Meta", "f-redis"},
           {"nope in Meta", ""},
           // For a missing key only the negated operators are true, and `matches`.
           {"Meta.rv matches \"4\" and f in ID", "f-redis f-web"},
           {"Meta.rv == \"\"", ""},
           {"Meta.rv != \"4.0\" and f in ID", "f-web"},
           {"x not in Meta.nope and f in ID", "f-redis f-web"},
           {"x in Meta.nope", ""},
           {"Port == 8000", "f-redis"},
           {"Port == \"0x1f40\"", "f-redis"},
           {"Port == \"8_000\"", "f-redis"},
           {"Port == -1", ""},
           {"Port != 8000 and f in ID", "f-web"},
           {"EnableTagOverride == true", "f-redis"},
           {"EnableTagOverride == T", "f-redis"},
           {"EnableTagOverride == 1", "f-redis"},
           {"Weights.Passing == 10", "f-redis"},
           {"TaggedAddresses.lan_ipv4.Address == \"10.0.0.1\"", "f-redis"},
           {"TaggedAddresses.lan_ipv4.Port == 8000", "f-redis"},
           {"TaggedAddresses.wan.Address == \"10.0.0.1\"", ""},
           {"TaggedAddresses contains lan_ipv4", "f-redis"},
           {"Address != \"\" and f in ID", "f-redis"},
           {"Kind == \"\" and f in ID", "f-redis f-web"},
           {"not Service == redis and f in ID", "f-web"},
           {"not not Service == redis", "f-redis"},
           {"not (Service == redis) and f in ID", "f-web"},
           {"Service == redis or Service == web", "f-redis f-web"},
           {"Service == redis or Service == web and Port == 1", "f-redis"},
           {"(Service == redis or Service == web) and Port == 0", "f-web"},
           {"(Service == redis) or (Service == web)", "f-redis f-web"},
           {"((Service == redis))", "f-redis"},
           {"\n Service\n==\tredis\r\n", "f-redis"},
           {"Service == \"re\\u0064is\"", "f-redis"},
           {"redis in Service", "f-redis"},
           {"ID == not", ""},
       }) {
    INFO(f.filter);
    CHECK(ids(ask_filtered(f.filter)) == f.answer);
  }
  deregister_both();
}

TEST_CASE("Invalid filters get the errors of Consul's parser") {
  constexpr const char* beginnings =
      "no match found, expected: \"(\", \"-\", \"0\", \"\\\"\", \"`\", \"not\", [ \\t\\r\\n], "
      "[1-9] or [a-zA-Z]";
  const std::string nothing = std::string("1:2 (1): ") + beginnings;
  const std::string closed = std::string("1:1 (0): ") + beginnings;
  const std::string late = std::string("1:21 (20): ") + beginnings;
  for (const filtered& f : {
           filtered{" ", nothing.c_str()},
           {"()", nothing.c_str()},
           {")", closed.c_str()},
           {"\xc3\xa9 == 1", closed.c_str()},
           {"Service == redis or ", late.c_str()},
           {"Service",
            "1:8 (7): no match found, expected: \"!=\", \".\", \"==\", \"[\", [ \\t\\r\\n] or "
            "[a-zA-Z0-9_]"},
           {"Service = redis",
            "1:9 (8): no match found, expected: \"!=\", \"==\", \"contains\", \"in\", \"is\", "
            "\"matches\", \"not\" or [ \\t\\r\\n]"},
           {"Service ==",
            "1:11 (10): no match found, expected: \"-\", \"0\", \"\\\"\", \"`\", [ \\t\\r\\n], "
            "[1-9] or [a-zA-Z]"},
           {"Service == redis and", "1:21 (20): no match found, expected: [ \\t\\r\\n]"},
           {"Service == redis AND Port == 1",
            "1:18 (17): no match found, expected: \"and\", \"or\", [ \\t\\r\\n] or EOF"},
           {"Service == redis)",
            "1:17 (16): no match found, expected: \".\", \"[\", [ \\t\\r\\n], [a-zA-Z0-9_] or "
            "EOF"},
           {"ID==\"\xc3\xa9\" x",
            "1:9 (9): no match found, expected: \"and\", \"or\", [ \\t\\r\\n] or EOF"},
           {"ID\n==\n x y",
            "3:4 (9): no match found, expected: \"and\", \"or\", [ \\t\\r\\n] or EOF"},
           {"(Service == redis", "1:18 (17): rule \"grouping\": Unmatched parentheses"},
           {"Kind == \"\" and (ID == x or (Port == 1 and Tags is empty)",
            "1:57 (56): rule \"grouping\": Unmatched parentheses"},
           {"Port in 8", "1:9 (8): rule \"match\": Invalid selector"},
           {"\"x\" in \"y\"", "1:8 (7): rule \"match\": Invalid selector"},
           {"Port == 0x1f40", "1:10 (9): rule \"number\": Invalid number literal"},
           {"ID == 01", "1:8 (7): rule \"number\": Invalid number literal"},
           {"ID == -", "1:8 (7): no match found, expected: \"0\" or [1-9]"},
           {"ID == \"a", "1:9 (8): rule \"string\": Unterminated string literal"},
           {"ID == `a", "1:9 (8): rule \"string\": Unterminated string literal"},
           {"ID == \"\\x\"", "1:7 (6): rule \"string\": invalid syntax"},
           {"Meta[rv] == x", "1:6 (5): rule \"index\": Invalid index"},
           {"Meta[\"rv\" == x", "1:11 (10): rule \"index\": Unclosed index expression"},
           {"1", "1:2 (1): no match found, expected: \".\", [ \\t\\r\\n] or [0-9]"},
           {"\"a\" == ID", "1:5 (4): no match found, expected: \"in\", \"not\" or [ \\t\\r\\n]"},
           {"Nope == 1", "Selector \"Nope\" is not valid"},
           {"service == redis", "Selector \"service\" is not valid"},
           {"redis == Service", "Selector \"redis\" is not valid"},
           {"Meta.rv.x == 1", "Selector \"Meta.rv.x\" is not valid"},
           {"Tags.x == 1", "Selector \"Tags.x\" is not valid"},
           {"Connect.Nope == 1", "Selector \"Connect.Nope\" is not valid"},
           {"CreateIndex == 0", "Selector \"CreateIndex\" is not valid"},
           {"ID is empty", "Invalid match operator \"Is Empty\" for selector \"ID\""},
           {"Tags == x", "Invalid match operator \"Equal\" for selector \"Tags\""},
           {"Tags != x", "Invalid match operator \"Not Equal\" for selector \"Tags\""},
           {"Tags matches x", "Invalid match operator \"Matches\" for selector \"Tags\""},
           {"Tags not matches x", "Invalid match operator \"Not Matches\" for selector \"Tags\""},
           {"1 in Port", "Invalid match operator \"In\" for selector \"Port\""},
           {"Port not contains 1", "Invalid match operator \"Not In\" for selector \"Port\""},
           {"Port is not empty", "Invalid match operator \"Is Not Empty\" for selector \"Port\""},
           {"Weights == 1", "Invalid match operator \"Equal\" for selector \"Weights\""},
           {"Proxy == x", "Invalid match operator \"Equal\" for selector \"Proxy\""},
           {"TaggedAddresses.lan == x",
            "Invalid match operator \"Equal\" for selector \"TaggedAddresses.lan\""},
           {"Port == x", "Failed to coerce value \"x\" for selector \"Port\": "
                         "strconv.ParseInt: parsing \"x\": invalid syntax"},
           {"Port == 99999999999999999999",
            "Failed to coerce value \"99999999999999999999\" for selector \"Port\": "
            "strconv.ParseInt: parsing \"99999999999999999999\": value out of range"},
           {"Port == \"08\"", "Failed to coerce value \"08\" for selector \"Port\": "
                              "strconv.ParseInt: parsing \"08\": invalid syntax"},
           {"EnableTagOverride == maybe",
            "Failed to coerce value \"maybe\" for selector \"EnableTagOverride\": "
            "strconv.ParseBool: parsing \"maybe\": invalid syntax"},
           {"ID matches \"[\"", "Failed to compile regular expression \"[\": error parsing "
                                "regexp: missing closing ]: `[`"},
           {"ID matches \"(a\"", "Failed to compile regular expression \"(a\": error parsing "
                                 "regexp: missing closing ): `(a`"},
           {"ID matches \"a)\"", "Failed to compile regular expression \"a)\": error parsing "
                                 "regexp: unexpected ): `a)`"},
           {"ID matches \"a**\"", "Failed to compile regular expression \"a**\": error parsing "
                                  "regexp: invalid nested repetition operator: `**`"},
           {"ID matches \"*\"", "Failed to compile regular expression \"*\": error parsing "
                                "regexp: missing argument to repetition operator: `*`"},
           {"ID matches `a{2000}`", "Failed to compile regular expression \"a{2000}\": error "
                                    "parsing regexp: invalid repeat count: `{2000}`"},
           {"ID matches `a{3,2}`", "Failed to compile regular expression \"a{3,2}\": error "
                                   "parsing regexp: invalid repeat count: `{3,2}`"},
           {"ID matches `\\`", "Failed to compile regular expression \"\\\\\": error parsing "
                               "regexp: trailing backslash at end of expression: ``"},
           {"ID matches `\\q`", "Failed to compile regular expression \"\\\\q\": error parsing "
                                "regexp: invalid escape sequence: `\\q`"},
           {"ID matches `[b-a]`", "Failed to compile regular expression \"[b-a]\": error parsing "
                                  "regexp: invalid character class range: `b-a`"},
           {"ID matches `(?z)`", "Failed to compile regular expression \"(?z)\": error parsing "
                                 "regexp: invalid or unsupported Perl syntax: `(?z`"},
       }) {
    INFO(f.filter);
    CHECK(seen(ask_filtered(f.filter)) ==
          text_answer(500, "Internal Server Error",
                      "Failed to create boolean expression evaluator: " + std::string(f.answer)));
  }
}

}  // namespace tenure::test
