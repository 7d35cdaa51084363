// Which ACL rule a request needs, what a refusal says for people, and the policies of programs.
#include <catch2/catch_test_macros.hpp>
#include <tenure/acl_policy.hpp>

#include "consul/acl_rules.hpp"
#include "consul/format.hpp"

namespace {

using namespace tenure;
using namespace tenure::consul;

const consul_config config;

target to(const char* path) { return {path, config}; }

TEST_CASE("each request needs one rule") {
  struct row {
    const char* path;
    const char* hcl;
  };
  const row rows[] = {
      {"/v1/session/create", R"(session_prefix "" { policy = "write" })"},
      {"/v1/session/renew/x", R"(session_prefix "" { policy = "write" })"},
      {"/v1/session/destroy/x", R"(session_prefix "" { policy = "write" })"},
      {"/v1/session/info/x", R"(session_prefix "" { policy = "read" })"},
      {"/v1/kv/a/b%20c", R"(key "a/b c" { policy = "read" })"},
      {"/v1/agent/service/register", R"(service_prefix "" { policy = "write" })"},
      {"/v1/agent/service/deregister/x", R"(service_prefix "" { policy = "write" })"},
      {"/v1/agent/check/pass/x", R"(service_prefix "" { policy = "write" })"},
      {"/v1/agent/service/x", R"(service_prefix "" { policy = "read" })"},
  };
  for (const row& r : rows) {
    INFO(r.path);
    const auto rule = rule_for(to(r.path));
    REQUIRE(rule);
    CHECK(rule->hcl() == r.hcl);
  }
  CHECK_FALSE(rule_for(to("/v1/status/leader")));
  CHECK_FALSE(rule_for(to("/v1/txn")));
  target list = to("/v1/kv/a/");
  list.with(consistency::consistent).with("recurse");
  CHECK(rule_for(list)->hcl() == R"(key_prefix "a/" { policy = "list" })");
  target key = to("/v1/kv/a%3Frecurse");
  CHECK(rule_for(key)->hcl() == R"(key "a?recurse" { policy = "read" })");
}

TEST_CASE("each operation of a transaction needs one rule") {
  for (const char* read : {"get", "check-index", "check-session"})
    CHECK(rule_for(read, "k").right() == "key:read on \"k\"");
  for (const char* write : {"lock", "unlock", "set", "cas", "delete", "check-not-exists"})
    CHECK(rule_for(write, "k").right() == "key:write on \"k\"");
  CHECK(rule_for("delete-tree", "k/").right() == "key:write on the prefix \"k/\"");
}

TEST_CASE("a refusal names the missing rule, by Consul's text or else by the request") {
  struct row {
    const char* text;
    const char* line;
  };
  const row rows[] = {
      {"Permission denied", R"(the token lacks key:read on "k" (key "k" { policy = "read" }))"},
      {R"(Permission denied: token with AccessorID 'a-1' lacks permission 'session:write' on "n1")",
       R"(the token a-1 lacks session:write on "n1" (session "n1" { policy = "write" }))"},
      {R"(Permission denied: token with AccessorID 'a-1' lacks permission 'key:list' on "a/")",
       R"(the token a-1 lacks key:list on the prefix "a/" (key_prefix "a/" { policy = "list" }))"},
      {"Permission denied: anonymous token lacks permission 'key:read' on \"x\". The anonymous "
       "token is used implicitly when a request does not specify a token.",
       R"(the anonymous token lacks key:read on "x" (key "x" { policy = "read" }))"},
      {"rpc error making call: Permission denied: Missing service:write on db",
       R"(the token lacks service:write on "db" (service "db" { policy = "write" }))"},
      {"ACL not found", "Consul does not know the token (ACL not found)"},
      {"ACL system must be bootstrapped before making any requests that require authorization: "
       "ACL not found",
       "Consul's ACL system is not bootstrapped: consul acl bootstrap"},
      {"403 Forbidden by a proxy", "403 Forbidden by a proxy"},
  };
  const target read = to("/v1/kv/k");
  for (const row& r : rows) CHECK(refusal_text(missing_rule(read, r.text), r.text) == r.line);
}

TEST_CASE("an answer that came before Consul looked at rights proves none") {
  CHECK(proves_right(to("/v1/kv/k"), 404));
  CHECK(proves_right(to("/v1/session/create"), 200));
  CHECK(proves_right(to("/v1/session/renew/x"), 200));
  CHECK_FALSE(proves_right(to("/v1/session/renew/x"), 404));
  CHECK_FALSE(proves_right(to("/v1/session/destroy/x"), 200));
  CHECK_FALSE(proves_right(to("/v1/session/info/x"), 200));
  CHECK_FALSE(proves_right(to("/v1/status/leader"), 200));
}

TEST_CASE("a policy has each resource once, with the most that is needed") {
  acl_policy policy;
  policy.sessions().observe("k").election("k").observe("k").liveness("tenure");
  CHECK(policy.rules() == std::vector<acl_rule>{{"session_prefix", "", "write"},
                                                {"key", "k", "write"},
                                                {"service", "tenure", "write"}});
}

TEST_CASE("the rules of a group: its members, its readers, its operators") {
  acl_policy member;
  member.group_member("jobs");
  CHECK(member.rules() == std::vector<acl_rule>{{"key_prefix", "jobs/members/", "write"},
                                                {"key_prefix", "jobs/handed/", "write"}});
  acl_policy people;
  people.read_group("jobs").operate_group("jobs");
  CHECK(people.rules() == std::vector<acl_rule>{{"key_prefix", "jobs/", "list"},
                                                {"key_prefix", "jobs/members/.", "write"}});
}

TEST_CASE("names are quoted for HCL") {
  const acl_rule rule{"key", "a\"b\\c${d}", "read"};
  CHECK(rule.hcl() == R"(key "a\"b\\c\u0024{d}" { policy = "read" })");
}

TEST_CASE("with more than eight keys a policy says what lists of them need") {
  acl_policy few;
  acl_policy many;
  for (int i = 0; i < 8; ++i) few.election("a/" + std::to_string(i));
  for (int i = 0; i < 9; ++i) many.election("a/" + std::to_string(i));
  CHECK(few.hcl().find("acl.enable_key_list_policy") == std::string::npos);
  CHECK(many.hcl().find("# key_prefix \"a/\" { policy = \"list\" }\n") != std::string::npos);
}

}  // namespace
