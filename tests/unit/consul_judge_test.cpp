// What Consul's failures mean.
#include <catch2/catch_test_macros.hpp>
#include <optional>

#include "consul/call.hpp"

namespace {

using namespace tenure;
using namespace tenure::consul;

class verdict {
 public:
  unsigned status;
  const char* text;
  consul_errc read;
  consul_errc write;
  std::optional<consul_errc> repeatable = std::nullopt;  // as a write, where not said
};

TEST_CASE("the errors of statuses and texts; what may have been executed is never called undone") {
  using enum consul_errc;
  const verdict verdicts[] = {
      {403, "Permission denied", forbidden, forbidden},
      {403, "ACL not found", forbidden, forbidden},
      {403, "Permission denied: token with AccessorID 'x' lacks permission 'key:read' on \"k\"",
       forbidden, forbidden},
      {403, "ACL system must be bootstrapped before making any requests that require "
            "authorization: ACL not found", forbidden, forbidden},
      {401, "", forbidden, forbidden},
      {400, "Invalid index", bad_request, bad_request},
      {404, "", bad_request, bad_request},
      {301, "<a href=\"/v1/kv/k\">Moved Permanently</a>.", bad_request, bad_request},
      {413, "Transaction contains too many operations (65 > 64)", bad_request, bad_request},
      {429, "Your IP is issuing too many concurrent connections", throttled, throttled},
      {500, "No cluster leader", no_leader, no_leader},
      {500, "rpc error making call: No cluster leader", no_leader, no_leader},
      {500, "node is not the leader", no_leader, no_leader},
      {500, "leadership lost while committing log", no_leader, outcome_unknown},
      {500, "rpc error making call: leadership lost while committing log", no_leader,
       outcome_unknown},
      {500, "raft is already shutdown", no_leader, outcome_unknown},
      {500, "rpc error making call: EOF", server_error, outcome_unknown},
      {500, "rpc error making call: read tcp 10.0.0.1:1->10.0.0.2:2: i/o timeout", server_error,
       outcome_unknown},
      {500, "rpc error getting client: failed to get conn: dial tcp: refused", unreachable,
       unreachable},
      {500, "rpc error making call: Permission denied", forbidden, forbidden},
      {500, "rpc error making call: rate limit exceeded, try again later", throttled, throttled},
      {500, "timed out enqueuing operation", throttled, throttled},
      {500, "Invalid Session TTL '9000000000', must be between [10s=24h0m0s]", bad_request,
       bad_request},
      {500, "Invalid Behavior setting 'x'", bad_request, bad_request},
      {500, "Missing check 'serfHealth' registration", server_error, server_error},
      {500, "rpc error making call: Missing node registration", server_error, server_error},
      {500, "invalid session \"x\"", server_error, server_error},
      {500, "No path to datacenter", server_error, server_error},
      // An unknown text: the write may have been executed.
      {500, "write /data/raft.db: no space left on device", server_error, outcome_unknown,
       server_error},
      {503, "rate limit exceeded for leader-only operations", throttled, throttled},
      // 1.21: what went through raft has a prefix, and redirects have another status.
      {307, "<a href=\"/v1/kv/k\">Temporary Redirect</a>.", bad_request, bad_request},
      {404, "Invalid URL path: not a recognized HTTP API endpoint\n", bad_request, bad_request},
      {413, "Transaction contains too many operations (129 > 128)", bad_request, bad_request},
      {500, "apply failed: Missing check 'serfHealth' registration", server_error, server_error},
      {500, "apply failed: Missing node registration", server_error, server_error},
      {500, "apply failed: Check 'x' is in critical state", server_error, server_error},
      {500, "rpc error making call: apply failed: Missing check 'x' registration", server_error,
       server_error},
      {500, "raft apply failed: invalid session \"x\"", server_error, server_error},
      {500, "rpc error making call: raft apply failed: invalid session \"x\"", server_error,
       server_error},
      {500, "raft apply failed: node is not the leader", no_leader, no_leader},
      {500, "apply failed: leadership lost while committing log", no_leader, outcome_unknown},
      {500, "raft apply failed: leadership lost while committing log", no_leader,
       outcome_unknown},
      {500, "rpc error making call: raft apply failed: leadership lost while committing log",
       no_leader, outcome_unknown},
      {500, "raft apply failed: write /data/raft.db: no space left on device", server_error,
       outcome_unknown, server_error},
      {500, "Raft leader not found in server lookup mapping", server_error, outcome_unknown,
       server_error},
      {500, "rpc error making call: Not ready to serve consistent reads", server_error,
       outcome_unknown},
      {500, "No known Consul servers", no_leader, no_leader},
      // Limits: of connections, of an agent's requests, of a server's, of the leader alone.
      {429, "Your IP is issuing too many concurrent connections, please rate limit your calls\n",
       throttled, throttled},
      {429, "RPC rate limit exceeded", throttled, throttled},
      {500, "RPC rate limit exceeded", throttled, throttled},
      {429, "rate limit exceeded, try again later or against a different server", throttled,
       throttled},
      {429, "", throttled, throttled},
      {503,
       "rate limit exceeded for operation that can only be performed by the leader, try again "
       "later",
       throttled, throttled},
      {500, "rpc error making call: rate limit exceeded, try again later or against a different "
            "server",
       throttled, throttled},
      // Without a known limit, a 503 may come from a proxy that has passed the write on.
      {503, "", throttled, outcome_unknown, throttled},
      {503, "upstream connect error or disconnect/reset", throttled, outcome_unknown, throttled},
      {502, "Bad Gateway", server_error, outcome_unknown},
      {504, "Gateway Timeout", server_error, outcome_unknown},
      {501, "", server_error, outcome_unknown, server_error},
      {204, "", bad_answer, bad_answer},
      {100, "", bad_answer, bad_answer},
      {0, "", bad_answer, bad_answer},
  };
  for (const verdict& v : verdicts) {
    INFO(v.status << " " << v.text);
    CHECK(judge(v.status, v.text, effect::read) == v.read);
    CHECK(judge(v.status, v.text, effect::write) == v.write);
    CHECK(judge(v.status, v.text, effect::repeatable) == v.repeatable.value_or(v.write));
  }
}

TEST_CASE("a description is one line of bounded length, without the query") {
  consul_config config;
  config.token("secret");
  target to("/v1/kv/a", config);
  to.with("index", "7");
  const call what(runtime::lane::polls, effect::read, "GET", std::move(to), time_point());
  CHECK(with_outcome(describe(what, config), "500 two\r\nlines\n") ==
        "GET /v1/kv/a at 127.0.0.1:8500: 500 two  lines");
  CHECK(with_outcome("at", "\x1b[\xc2\x9b\xc3\xa9\x1f\x8b") == "at:  [ \xc3\xa9 \\x8b");
  const std::string longer = with_outcome(describe(what, config), std::string(10'000, 'x'));
  CHECK(longer.size() < 400);
  CHECK(longer.ends_with("xxx..."));
}

}  // namespace
