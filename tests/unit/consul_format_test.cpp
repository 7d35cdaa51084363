// The requests that the client writes.
#include "consul/format.hpp"

#include <catch2/catch_test_macros.hpp>
#include <tenure/key_error.hpp>

#include "core/watching/range_plan.hpp"

namespace {

using namespace tenure;
using namespace tenure::consul;
using namespace std::chrono_literals;

TEST_CASE("keys are escaped except for their slashes") {
  CHECK(escaped_key("service/my-app_1.2~/leader") == "service/my-app_1.2~/leader");
  CHECK(escaped_key("a b?c#d%e&f=g+h") == "a%20b%3Fc%23d%25e%26f%3Dg%2Bh");
  CHECK(escaped_key("\xc3\xa9\x01\x7f\xff") == "%C3%A9%01%7F%FF");
  CHECK(escaped_key(std::string_view("\0", 1)) == "%00");
  CHECK(escaped_key("").empty());
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  for (const char c : escaped_key(all)) {
    const bool safe = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '%' || c == '/' ||
                      c == '-' || c == '_' || c == '.' || c == '~';
    CHECK(safe);
  }
}

TEST_CASE("keys that Consul's server would redirect are refused") {
  for (const char* good : {"a", "a/b", "a/", "a/.b", "a/..b", "a/b.", ".../x", "a/b/"}) {
    INFO(good);
    CHECK(unaddressable(good).empty());
    CHECK(unaddressable_prefix(good).empty());
    CHECK(core::addressable(good));
  }
  for (const char* bad : {"/a", "a//b", "a//", ".", "..", "./a", "a/.", "a/../b", "a/./b", "/"}) {
    INFO(bad);
    CHECK_FALSE(unaddressable(bad).empty());
    CHECK_FALSE(unaddressable_prefix(bad).empty());
    CHECK_FALSE(core::addressable(bad));
  }
  CHECK_FALSE(unaddressable("").empty());
  CHECK(unaddressable_prefix("").empty());
}

TEST_CASE("keys that Consul's server would refuse for a character are refused") {
  for (const std::string good : {"a b", "a\xc3\xa9", "a\xe2\x82\xac", "a\xf0\x9f\x98\x80"}) {
    INFO(good);
    CHECK(unaddressable(good).empty());
  }
  for (const std::string_view bad : {std::string_view("a\nb"), std::string_view("a\0b", 3),
                                     std::string_view("a\x7f"), std::string_view("a\xc2\xa0"),
                                     std::string_view("a\xe2\x80\xa8"), std::string_view("\x1b")}) {
    INFO(bad);
    CHECK_FALSE(unaddressable(bad).empty());
    CHECK_FALSE(unaddressable_prefix(bad).empty());
  }
}

TEST_CASE("an error of a key names the key and the remedy on one line") {
  CHECK(key_error("service/db/leader").empty());
  CHECK(key_error("a/").empty());
  CHECK(key_error(std::string(most_key_bytes, 'k')).empty());
  CHECK(key_prefix_error("").empty());
  CHECK(key_error("") == "the key is empty: give one, such as service/db/leader");
  CHECK(key_error("/a") == "'/a' begins with a slash: leave it out");
  CHECK(key_error("a/../b") ==
        "'a/../b' cannot be a key (a key cannot have . or .. between slashes): use another");
  CHECK(key_error("a\nb") ==
        "'a\\nb' cannot be a key (Consul refuses the character U+000A in a key): use another");
  CHECK(key_error("a\xff") == "'a\\xff' cannot be a key (it is not UTF-8): use another");
  const std::string shown = "'" + std::string(99, 'k') + "...'";
  CHECK(key_error(std::string(600'000, 'k')) ==
        shown + " has 600000 bytes: a key has at most 16384");
  for (const char* bad : {"/a", "a//b", "a\nb", "a\xff"}) {
    INFO(bad);
    CHECK(key_prefix_error(bad) == key_error(bad));
  }
}

TEST_CASE("a group cannot have elections where it keeps its own keys") {
  CHECK(group_key_error("jobs", "jobs/members/x") ==
        "'jobs/members/x' is below 'jobs/members/', where the group keeps its own keys: "
        "use another");
  CHECK(group_key_error("a/jobs", "a/jobs/handed/x/y") ==
        "'a/jobs/handed/x/y' is below 'a/jobs/handed/', where the group keeps its own keys: "
        "use another");
  for (const char* good : {"jobs/x", "jobs/members", "jobs/membersx", "jobs/t/members/x",
                           "members/x", "other/members/x"}) {
    INFO(good);
    CHECK(group_key_error("jobs", good).empty());
  }
}

TEST_CASE("Consul reads durations exactly as they were") {
  CHECK(duration_text(0ns) == "0s");
  CHECK(duration_text(-5s) == "0s");
  CHECK(duration_text(15s) == "15s");
  CHECK(duration_text(24h) == "86400s");
  CHECK(duration_text(1500ms) == "1500ms");
  CHECK(duration_text(1500001us) == "1500001000ns");
  CHECK(duration_text(1us) == "1000ns");
  // Below 1,000 ns Consul would multiply by a second.
  CHECK(duration_text(1ns) == "1000ns");
  CHECK(duration_text(999ns) == "1000ns");
  CHECK(duration_text(1001ns) == "1001ns");
}

TEST_CASE("a target has the configured datacenter, namespace and partition, escaped") {
  consul_config config;
  CHECK(target("/v1/kv/a", config).text() == "/v1/kv/a");
  CHECK(target("/v1/kv/a", config).with(consistency::stale).text() == "/v1/kv/a?stale");
  config.access(consul_access().datacenter("dc 1").name_space("team&x").partition("p"));
  target to("/v1/kv/a", config);
  to.with("index", "7").with(consistency::consistent);
  CHECK(to.text() == "/v1/kv/a?dc=dc%201&ns=team%26x&partition=p&index=7&consistent");
  CHECK(to.path() == "/v1/kv/a");
  CHECK(target("/v1/kv/a", config).with(consistency::default_).text() ==
        "/v1/kv/a?dc=dc%201&ns=team%26x&partition=p");
}

TEST_CASE("a session's body") {
  session_request request;
  CHECK(session_body(request) == R"({"LockDelay":"0s","Behavior":"release"})");
  request.name = "a \"name\"";
  request.ttl = 15s;
  request.lock_delay = 5s;
  request.behavior = behavior::remove;
  request.node_checks.emplace();
  CHECK(session_body(request) ==
        R"({"Name":"a \"name\"","TTL":"15s","LockDelay":"5s","Behavior":"delete",)"
        R"("NodeChecks":[]})");
  request.node_checks->emplace_back("serfHealth");
  CHECK(session_body(request).ends_with(R"("NodeChecks":["serfHealth"]})"));
}

TEST_CASE("a transaction's body") {
  const std::vector<txn_op> ops{
      txn_op::check_index("k", 7),
      txn_op::check_not_exists("n"),
      txn_op::check_session("k", "s"),
      txn_op::lock("k", "s", "v", lock_flags),
      txn_op::unlock("k", "s", "", 1),
      txn_op::set("k", std::string("\0\xff", 2), 18446744073709551615U),
      txn_op::cas("k", "v", 9),
      txn_op::get("k"),
      txn_op::remove("k"),
      txn_op::remove_tree("p/"),
  };
  CHECK(txn_body(ops) ==
        R"([{"KV":{"Verb":"check-index","Key":"k","Index":7}},)"
        R"({"KV":{"Verb":"check-not-exists","Key":"n"}},)"
        R"({"KV":{"Verb":"check-session","Key":"k","Session":"s"}},)"
        R"({"KV":{"Verb":"lock","Key":"k","Value":"dg==","Flags":3304740253564472344,)"
        R"("Session":"s"}},)"
        R"({"KV":{"Verb":"unlock","Key":"k","Value":"","Flags":1,"Session":"s"}},)"
        R"({"KV":{"Verb":"set","Key":"k","Value":"AP8=","Flags":18446744073709551615}},)"
        R"({"KV":{"Verb":"cas","Key":"k","Value":"dg==","Index":9}},)"
        R"({"KV":{"Verb":"get","Key":"k"}},)"
        R"({"KV":{"Verb":"delete","Key":"k"}},)"
        R"({"KV":{"Verb":"delete-tree","Key":"p/"}}])");
  CHECK(txn_body({}) == "[]");
}

TEST_CASE("the tenant of a transaction's operations and of a session's checks is in the body") {
  const consul_access as =
      consul_access().token("secret").datacenter("dc").name_space("team").partition("north");
  CHECK(txn_body(std::vector<txn_op>{txn_op::get("k"), txn_op::check_session("k", "s")}, as) ==
        R"([{"KV":{"Verb":"get","Key":"k","Namespace":"team","Partition":"north"}},)"
        R"({"KV":{"Verb":"check-session","Key":"k","Session":"s","Namespace":"team",)"
        R"("Partition":"north"}}])");
  session_request request;
  request.service_checks.emplace_back("alive");
  CHECK(session_body(request, as).ends_with(
      R"("ServiceChecks":[{"ID":"alive","Namespace":"team"}]})"));
  CHECK(session_body(request).ends_with(R"("ServiceChecks":[{"ID":"alive"}]})"));
}

}  // namespace
