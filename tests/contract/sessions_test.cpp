// Sessions: their options, their JSON, and refused bodies.
#include <catch2/catch_test_macros.hpp>

#include "contract.hpp"

namespace tenure::test {
namespace {

struct wished {
  const char* body;
  const char* answer;
};

std::string info(const std::string& id) { return ask("GET", "/v1/session/info/" + id).body; }

/// A member of the only session in a list: `"LockDelay":0`.
bool has(const std::string& body, const std::string& member) {
  return body.find(member) != std::string::npos;
}

}  // namespace

TEST_CASE("A session is created, read, renewed and destroyed") {
  const http_answer made = ask("PUT", "/v1/session/create", R"({"Name":"n<1>","TTL":"10s"})");
  const std::string id = made.body.substr(7, 36);
  CHECK(seen(made) == json_answer(R"({"ID":")" + id + R"("})"));
  const http_answer shown = ask("GET", "/v1/session/info/" + id);
  const std::string index = std::to_string(shown.index());
  const std::string body =
      R"([{"ID":")" + id + R"(","Name":"n\u003c1\u003e","Node":")" + server().node_name() +
      R"(","LockDelay":15000000000,"Behavior":"release","TTL":"10s","NodeChecks":["serfHealth"],)"
      R"("ServiceChecks":null,"CreateIndex":)" + index + R"(,"ModifyIndex":)" + index + "}]";
  CHECK(seen(shown) == query_answer(shown.index(), body));
  CHECK(seen(ask("PUT", "/v1/session/renew/" + id)) == json_answer(body));
  std::string upper = id;
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  CHECK(info(upper) == body);  // Consul compares ids as numbers

  CHECK(seen(ask("PUT", "/v1/session/destroy/" + id)) == json_answer("true"));
  CHECK(seen(ask("PUT", "/v1/session/destroy/" + id)) == json_answer("true"));
  const http_answer gone = ask("GET", "/v1/session/info/" + id);
  CHECK(gone.index() > shown.index());
  CHECK(seen(gone) == query_answer(gone.index(), "[]"));
  CHECK(seen(ask("PUT", "/v1/session/renew/" + id)) ==
        text_answer(404, "Not Found", "Session id '" + id + "' not found"));
}

TEST_CASE("Sessions are listed in the order of their ids") {
  const std::string one = make_session();
  const std::string two = make_session();
  const http_answer list = ask("GET", "/v1/session/list");
  CHECK(seen(list) == query_answer(list.index(), list.body));
  const std::size_t at_one = list.body.find(one);
  const std::size_t at_two = list.body.find(two);
  REQUIRE(at_one != std::string::npos);
  REQUIRE(at_two != std::string::npos);
  CHECK((at_one < at_two) == (one < two));
  CHECK(ask("GET", "/v1/session/node/" + server().node_name()).body == list.body);
  CHECK(ask("GET", "/v1/session/node/elsewhere").body == "[]");
  destroy_session(one);
  destroy_session(two);
}

TEST_CASE("Missing members have defaults") {
  for (const char* body : {"", "{}", "null", R"({"Nonsense":1})", R"({} and more)",
                           R"({"TTL":null,"Name":null,"LockDelay":null})",
                           R"({"behavior":"","ID":"11111111-1111-1111-1111-111111111111"})"}) {
    INFO(body);
    const std::string id = make_session(body);
    const std::string shown = info(id);
    CHECK(has(shown, R"("Name":"")"));
    CHECK(has(shown, R"("LockDelay":15000000000,"Behavior":"release","TTL":"")"));
    CHECK(has(shown, R"("NodeChecks":["serfHealth"],"ServiceChecks":null)"));
    destroy_session(id);
  }
}

TEST_CASE("Checks by their old and their new name") {
  for (const wished& w : {
           wished{R"({"NodeChecks":[]})", R"("NodeChecks":[],"ServiceChecks":null)"},
           {R"({"NodeChecks":null})", R"("NodeChecks":null,"ServiceChecks":null)"},
           {R"({"Checks":[]})", R"("NodeChecks":[],"ServiceChecks":null)"},
           {R"({"Checks":null})", R"("NodeChecks":[],"ServiceChecks":null)"},
           {R"({"checks":["serfHealth"]})", R"("NodeChecks":["serfHealth"],"ServiceChecks":null)"},
           {R"({"Checks":["serfHealth"],"NodeChecks":[]})", R"("NodeChecks":[])"},
           {R"({"ServiceChecks":[]})", R"("NodeChecks":["serfHealth"],"ServiceChecks":[])"},
       }) {
    INFO(w.body);
    const std::string id = make_session(w.body);
    CHECK(has(info(id), w.answer));
    destroy_session(id);
  }
}

TEST_CASE("LockDelay: numbers below 1000 and durations below 1000 ns count as seconds") {
  for (const wished& w : {
           wished{R"("0s")", "0"}, {"0", "0"}, {"true", "0"},
           {R"("1ns")", "1000000000"}, {R"("999ns")", "999000000000"}, {R"("1000ns")", "1000"},
           {"5", "5000000000"}, {"999", "999000000000"}, {"1000", "1000"}, {"1.5", "1000000000"},
           {"15000000000", "15000000000"}, {R"("61s")", "61000000000"},
           {R"("-1ns")", "-1000000000"}, {R"("-1s")", "-1000000000000000000"}, {"1e30", "0"},
       }) {
    INFO(w.body);
    const std::string id = make_session(std::string(R"({"LockDelay":)") + w.body + "}");
    CHECK(has(info(id), std::string(R"("LockDelay":)") + w.answer + ","));
    destroy_session(id);
  }
}

TEST_CASE("TTLs from 10 s to 24 h") {
  for (const char* ttl : {"", "0s", "0", "10s", "10000ms", ".5m", "5.m", "1h1m1.5s", "24h"}) {
    INFO(ttl);
    const std::string id = make_session(std::string(R"({"TTL":")") + ttl + R"("})");
    CHECK(has(info(id), std::string(R"("TTL":")") + ttl + '"'));
    destroy_session(id);
  }
  for (const wished& w : {
           wished{"9.999s", "Invalid Session TTL '9999000000', must be between [10s=24h0m0s]"},
           {"24h0m1s", "Invalid Session TTL '86401000000000', must be between [10s=24h0m0s]"},
           {"-1s", "Invalid Session TTL '-1000000000', must be between [10s=24h0m0s]"},
           {"x", R"(Session TTL 'x' invalid: time: invalid duration "x")"},
           {"10", R"(Session TTL '10' invalid: time: missing unit in duration "10")"},
           {"1d", R"(Session TTL '1d' invalid: time: unknown unit "d" in duration "1d")"},
       }) {
    INFO(w.body);
    CHECK(seen(ask("PUT", "/v1/session/create", std::string(R"({"TTL":")") + w.body + R"("})")) ==
          text_answer(500, "Internal Server Error", w.answer));
  }
}

TEST_CASE("Invalid sessions") {
  for (const wished& w : {
           wished{R"({"Behavior":"keep"})", "Invalid Behavior setting 'keep'"},
           {R"({"Node":""})", "Must provide Node"},
       }) {
    INFO(w.body);
    CHECK(seen(ask("PUT", "/v1/session/create", w.body)) ==
          text_answer(500, "Internal Server Error", w.answer));
  }
  // Those that went through raft.
  for (const wished& w : {
           wished{R"({"Node":"elsewhere"})", "Missing node registration"},
           {R"({"Checks":["mem"]})", "Missing check 'mem' registration"},
           {R"({"NodeChecks":["serfHealth","cpu"]})", "Missing check 'cpu' registration"},
           {R"({"ServiceChecks":[{"ID":"web"}]})", "Missing check 'web' registration"},
       }) {
    INFO(w.body);
    CHECK(seen(ask("PUT", "/v1/session/create", w.body)) ==
          text_answer(500, "Internal Server Error",
                      std::string(by_version("", "apply failed: ")) + w.answer));
  }
  for (const wished& w : {
           wished{"{", "unexpected EOF"},
           {" ", "EOF"},
           {"nul", "unexpected EOF"},
           {"[]", "json: cannot unmarshal array into Go value of type struct { LockDelay "
                  "interface {}; *structs.Alias }"},
           {R"({"Name":"a",})",
            "invalid character '}' looking for beginning of object key string"},
           {R"({"TTL":10})",
            "json: cannot unmarshal number into Go struct field .TTL of type string"},
           {R"({"Behavior":1})", "json: cannot unmarshal number into Go struct field .Behavior of "
                                 "type structs.SessionBehavior"},
           {R"({"Checks":"serfHealth"})", "json: cannot unmarshal string into Go struct field "
                                          ".Checks of type []types.CheckID"},
           {R"({"LockDelay":"x"})", R"(time: invalid duration "x")"},
           {R"({"LockDelay":"5"})", R"(time: missing unit in duration "5")"},
       }) {
    INFO(w.body);
    CHECK(seen(ask("PUT", "/v1/session/create", w.body)) ==
          text_answer(400, "Bad Request", std::string("Request decode failed: ") + w.answer));
  }
}

}  // namespace tenure::test
