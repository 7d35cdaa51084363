// The timed behaviour of the agent, to the nanosecond.
#include "agent_fixture.hpp"

namespace tenure::agent {

using namespace std::chrono_literals;

TEST_CASE("A session ends at twice its TTL after the last renewal, and no earlier") {
  handler_fixture f;
  const std::string id = f.session(R"({"TTL":"10s","LockDelay":0})");
  CHECK(f.acquire("k", id));
  f.pass(15s);
  CHECK(f.acquire("k", id));  // acquiring does not renew
  CHECK(f.ask("GET", "/v1/session/info/" + id).body != "[]");
  f.pass(5s - 1ns);
  CHECK(f.handler.sessions() == 1);
  CHECK(f.ask("PUT", "/v1/session/renew/" + id).status == 200);
  f.pass(20s - 1ns);
  CHECK(f.handler.sessions() == 1);
  const request_id watch = f.park("/v1/kv/k", f.index_of("/v1/kv/k"));
  CHECK_FALSE(f.has_answer(watch));
  f.pass(1ns);
  CHECK(f.handler.sessions() == 0);
  REQUIRE(f.has_answer(watch));
  CHECK(f.answers.at(watch).body.find("Session") == std::string::npos);
  CHECK(f.ask("PUT", "/v1/session/renew/" + id).status == 404);
}

TEST_CASE("A request at the instant of expiry finds the session dead") {
  handler_fixture f;
  const std::string id = f.session(R"({"TTL":"10s"})");
  f.now += 20s;  // without a tick
  CHECK(f.ask("PUT", "/v1/session/renew/" + id).status == 404);
}

TEST_CASE("Sessions without a TTL do not expire") {
  handler_fixture f;
  f.session();
  f.session(R"({"TTL":"0s"})");
  CHECK(f.handler.next_deadline() == time_point::max());
  f.pass(24h * 365);
  CHECK(f.handler.sessions() == 2);
}

TEST_CASE("Lock-delay: at most 60 s, from the end of the session") {
  for (const auto& [text, length] :
       {std::pair<const char*, duration>{R"("15s")", 15s}, {R"("2000h")", 60s}, {R"("1ns")", 1s},
        {R"("1000ns")", 1us}, {"null", 15s}}) {
    INFO(text);
    handler_fixture f;
    const std::string next = f.session();
    const std::string id = f.session(std::string(R"({"TTL":"10s","LockDelay":)") + text + "}");
    CHECK(f.acquire("k", id));
    f.pass(20s);
    CHECK(f.handler.sessions() == 1);
    CHECK_FALSE(f.acquire("k", next));
    f.pass(length - 1ns);
    CHECK_FALSE(f.acquire("k", next));
    const request_id watch = f.park("/v1/kv/k", f.index_of("/v1/kv/k"), "10m");
    f.pass(1ns);
    CHECK_FALSE(f.has_answer(watch));  // its end wakes no query
    CHECK(f.acquire("k", next));
    CHECK(f.has_answer(watch));
  }
}

TEST_CASE("A negative or zero lock-delay is none") {
  handler_fixture f;
  const std::string next = f.session();
  for (const char* text : {"0", "-1", R"("-1s")", "true"}) {
    INFO(text);
    const std::string id = f.session(std::string(R"({"LockDelay":)") + text + "}");
    CHECK(f.acquire("k", id));
    CHECK(f.ask("PUT", "/v1/session/destroy/" + id).body == "true");
    CHECK(f.acquire("k", next));
    CHECK(f.ask("PUT", "/v1/kv/k?release=" + next).body == "true");
  }
}

TEST_CASE("start_lock_delay: every key is under lock-delay for that time") {
  handler_options options;
  options.start_lock_delay = 60s;
  handler_fixture f(options);
  const std::string id = f.session();
  f.pass(60s - 1ns);
  CHECK_FALSE(f.acquire("k", id));
  CHECK(f.ask("PUT", "/v1/kv/k", "plain").body == "true");
  f.pass(1ns);
  CHECK(f.acquire("k", id));
}

TEST_CASE("session_ttl_min: shorter TTLs than Consul's default") {
  handler_options options;
  options.session_ttl_min = 1500ms;
  handler_fixture f(options);
  const std::string id = f.session(R"({"TTL":"1500ms","LockDelay":0})");
  CHECK(f.acquire("k", id));
  CHECK(f.ask("PUT", "/v1/session/create", R"({"TTL":"1s"})").body ==
        "Invalid Session TTL '1000000000', must be between [1.5s=24h0m0s]");
  f.pass(3s - 1ns);
  CHECK(f.handler.sessions() == 1);
  f.pass(1ns);
  CHECK(f.handler.sessions() == 0);
}

TEST_CASE("A wait takes its time plus up to a sixteenth, by the seed") {
  const auto waited = [](const char* wait, std::uint64_t seed) {
    handler_fixture f({}, seed);
    const time_point start = f.now;
    const request_id query = f.park("/v1/kv/none", 1'000'000, wait);
    REQUIRE_FALSE(f.has_answer(query));
    CHECK(f.handler.parked() == 1);
    const duration length = f.handler.next_deadline() - start;
    f.pass(length - 1ns);
    CHECK_FALSE(f.has_answer(query));
    f.pass(1ns);
    REQUIRE(f.has_answer(query));
    CHECK(f.answers.at(query).status == 404);
    CHECK(f.handler.parked() == 0);
    CHECK(f.handler.next_deadline() == time_point::max());
    return length;
  };
  bool differs = false;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    for (const auto& [text, length] :
         {std::pair<const char*, duration>{"16s", 16s}, {"1h", 10min}, {"10m", 10min},
          {"0s", 5min}, {"-1s", 5min}, {"1ns", 1ns}}) {
      INFO(text);
      const duration took = waited(text, seed);
      CHECK(took >= length);
      CHECK((took < length + length / 16 || took == length));
      CHECK(took == waited(text, seed));
      differs = differs || took != waited(text, seed + 1);
    }
  }
  CHECK(differs);
}

TEST_CASE("A time-out answers with the index of the last evaluation") {
  handler_fixture f;
  f.ask("PUT", "/v1/kv/a/1", "x");
  f.ask("PUT", "/v1/kv/a/2", "x");
  f.ask("PUT", "/v1/kv/b", "x");
  const std::uint64_t index = f.index_of("/v1/kv/a/3");
  const request_id query = f.park("/v1/kv/a/3", index);
  f.ask("PUT", "/v1/kv/b", "y");  // no neighbour: the table's index grows, the query stays parked
  CHECK_FALSE(f.has_answer(query));
  f.pass(64s);
  REQUIRE(f.has_answer(query));
  CHECK(f.answers.at(query).header("X-Consul-Index") == std::to_string(index));
  CHECK(f.index_of("/v1/kv/a/3") > index);
}

TEST_CASE("An abandoned query gets no answer and keeps its slot") {
  handler_fixture f;
  f.ask("PUT", "/v1/kv/k", "x");
  const std::uint64_t index = f.index_of("/v1/kv/k");
  const request_id times_out = f.park("/v1/kv/k", index);
  const request_id woken = f.park("/v1/kv/k", index, "10m");
  f.handler.abandon(times_out);
  f.handler.abandon(woken);
  f.handler.abandon(12345);  // unknown: no effect
  CHECK(f.handler.parked() == 2);
  f.pass(64s);
  CHECK(f.handler.parked() == 1);
  f.ask("PUT", "/v1/kv/k", "y");
  CHECK(f.handler.parked() == 0);
  CHECK_FALSE(f.has_answer(times_out));
  CHECK_FALSE(f.has_answer(woken));
}

TEST_CASE("release_parked() answers every query with an unchanged index") {
  handler_fixture f;
  f.ask("PUT", "/v1/kv/k", "x");
  const std::uint64_t index = f.index_of("/v1/kv/k");
  const request_id key = f.park("/v1/kv/k?raw", index);
  const request_id sessions = f.park("/v1/session/list", 1000);
  f.handler.release_parked();
  CHECK(f.handler.parked() == 0);
  CHECK(f.answers.at(key).body == "x");
  CHECK(f.answers.at(key).header("X-Consul-Index") == std::to_string(index));
  CHECK(f.answers.at(sessions).body == "[]");
}

TEST_CASE("Tombstones expire after a quarter of an hour") {
  handler_fixture f;
  f.ask("PUT", "/v1/kv/gone/1", "x");
  f.ask("DELETE", "/v1/kv/gone/1");
  const std::uint64_t deleted = f.index_of("/v1/kv/gone/?recurse");
  f.ask("PUT", "/v1/kv/else", "x");
  const std::uint64_t written = f.index_of("/v1/kv/else");
  CHECK(f.index_of("/v1/kv/gone/?recurse") == deleted);
  f.pass(15min);
  CHECK(f.index_of("/v1/kv/gone/?recurse") == deleted);
  f.pass(30s);
  CHECK(f.index_of("/v1/kv/gone/?recurse") == written);
  CHECK(f.handler.next_deadline() == time_point::max());
}

TEST_CASE("The first index is above start_index and above Consul's first ten") {
  handler_fixture plain;
  plain.ask("PUT", "/v1/kv/k", "x");
  CHECK(plain.index_of("/v1/kv/k") == 11);
  handler_options options;
  options.start_index = 1'795'260'046'119'330;
  handler_fixture kept(options);
  // Before any write, a missing key has index 1, and a query on it waits.
  CHECK(kept.index_of("/v1/kv/k") == 1);
  const request_id query = kept.park("/v1/kv/k", 1);
  CHECK_FALSE(kept.has_answer(query));
  kept.ask("PUT", "/v1/kv/k", "x");
  REQUIRE(kept.has_answer(query));
  CHECK(kept.answers.at(query).header("X-Consul-Index") == "1795260046119331");
  CHECK(kept.handler.index() == 1'795'260'046'119'331);
}

TEST_CASE("The same seed gives the same sessions") {
  handler_fixture one({}, 5);
  handler_fixture two({}, 5);
  handler_fixture other({}, 6);
  const std::string id = one.session();
  CHECK(two.session() == id);
  CHECK(other.session() != id);
}

TEST_CASE("A check is critical when its TTL ends, and its sessions end at that instant") {
  handler_fixture f;
  f.ask("PUT", "/v1/agent/service/register",
        R"({"Name":"web","Check":{"CheckID":"c","TTL":"1s"}})");
  CHECK(f.ask("PUT", "/v1/agent/check/pass/c").status == 200);
  const std::string id =
      f.session(R"({"LockDelay":0,"NodeChecks":[],"ServiceChecks":[{"ID":"c"}]})");
  CHECK(f.acquire("k", id));
  f.pass(700ms);
  CHECK(f.ask("PUT", "/v1/agent/check/pass/c").status == 200);
  const request_id watch = f.park("/v1/kv/k", f.index_of("/v1/kv/k"));
  f.pass(1s - 1ns);
  CHECK_FALSE(f.has_answer(watch));
  f.pass(1ns);
  REQUIRE(f.has_answer(watch));
  CHECK(f.answers.at(watch).body.find("Session") == std::string::npos);
  CHECK(f.handler.sessions() == 0);
}

TEST_CASE("A service with a check that is critical for too long is deregistered") {
  handler_fixture f;
  const auto services = [&f] { return f.ask("GET", "/v1/agent/services").body; };
  f.ask("PUT", "/v1/agent/service/register",
        R"({"Name":"web","Check":{"CheckID":"c","TTL":"1s",)"
        R"("DeregisterCriticalServiceAfter":"1s"}})");
  f.ask("PUT", "/v1/agent/service/register",
        R"({"Name":"stays","Check":{"CheckID":"s","TTL":"1s"}})");
  f.ask("PUT", "/v1/agent/check/pass/c");
  f.pass(1s);
  // Critical at 1 s. The minimum is a minute, and the agent checks every 30 s.
  f.pass(80s);
  CHECK(services().find("web") != std::string::npos);
  f.pass(9s);
  CHECK(services().find("web") == std::string::npos);
  CHECK(services().find("stays") != std::string::npos);
  CHECK(f.ask("GET", "/v1/agent/checks").body.find("\"c\"") == std::string::npos);
  CHECK(f.handler.next_deadline() > f.now + 30s);  // no more checks are scheduled
}

TEST_CASE("A service that is registered again counts anew how long it is critical") {
  handler_fixture f;
  const auto has_web = [&f] {
    return f.ask("GET", "/v1/agent/services").body.find("web") != std::string::npos;
  };
  const auto put = [&f](const std::string& more) {
    f.ask("PUT", "/v1/agent/service/register",
          R"({"Name":"web","Check":{"CheckID":"c","TTL":"1s")" + more + "}}");
  };
  put("");
  f.pass(100s);  // critical, and for a check without a limit the agent does not look
  put(R"(,"DeregisterCriticalServiceAfter":"1m")");
  f.pass(50s);
  CHECK(has_web());
  put(R"(,"DeregisterCriticalServiceAfter":"1m")");
  f.pass(50s);
  CHECK(has_web());
  f.pass(45s);
  CHECK_FALSE(has_web());
}

TEST_CASE("New output without a new status reaches the catalog after minutes") {
  handler_fixture f;
  f.ask("PUT", "/v1/agent/service/register",
        R"({"Name":"web","Check":{"CheckID":"c","TTL":"1h","Status":"passing"}})");
  const auto health = [&f] { return f.ask("GET", "/v1/health/service/web").body; };
  f.ask("PUT", "/v1/agent/check/pass/c?note=news");
  f.pass(5min - 1ns);
  CHECK(health().find("news") == std::string::npos);
  f.pass(1ns);
  CHECK(health().find("news") != std::string::npos);
}

TEST_CASE("A filter that nests too deeply is refused quickly") {
  handler_fixture f;
  std::string deep;
  for (int i = 0; i < 5000; ++i) deep += "(";
  CHECK(f.ask("GET", "/v1/agent/services?filter=" + deep + "a").status == 500);
  std::string wide = "Port==1";
  for (int i = 0; i < 80; ++i) wide = "(" + wide + ")";
  CHECK(f.ask("GET", "/v1/agent/services?filter=" + wide).status == 200);
}

}  // namespace tenure::agent
