// What the agent does as time passes, to the nanosecond.
#include "agent_fixture.hpp"

namespace tenure::agent {

using namespace std::chrono_literals;

TEST_CASE("A session ends at twice its TTL after the last renewal, and no earlier") {
  fixture b;
  const std::string id = b.session(R"({"TTL":"10s","LockDelay":0})");
  CHECK(b.acquire("k", id));
  b.pass(15s);
  CHECK(b.acquire("k", id));  // acquiring does not renew
  CHECK(b.ask("GET", "/v1/session/info/" + id).body != "[]");
  b.pass(5s - 1ns);
  CHECK(b.handler.sessions() == 1);
  CHECK(b.ask("PUT", "/v1/session/renew/" + id).status == 200);
  b.pass(20s - 1ns);
  CHECK(b.handler.sessions() == 1);
  const request_id watch = b.park("/v1/kv/k", b.index_of("/v1/kv/k"));
  CHECK_FALSE(b.has_answer(watch));
  b.pass(1ns);
  CHECK(b.handler.sessions() == 0);
  REQUIRE(b.has_answer(watch));
  CHECK(b.answers.at(watch).body.find("Session") == std::string::npos);
  CHECK(b.ask("PUT", "/v1/session/renew/" + id).status == 404);
}

TEST_CASE("A session whose time is up is dead for the request that comes at that moment") {
  fixture b;
  const std::string id = b.session(R"({"TTL":"10s"})");
  b.now += 20s;  // nobody ticked
  CHECK(b.ask("PUT", "/v1/session/renew/" + id).status == 404);
}

TEST_CASE("Sessions without a TTL stay") {
  fixture b;
  b.session();
  b.session(R"({"TTL":"0s"})");
  CHECK(b.handler.next_deadline() == time_point::max());
  b.pass(24h * 365);
  CHECK(b.handler.sessions() == 2);
}

TEST_CASE("Lock-delay: at most 60 s, from the end of the session on") {
  for (const auto& [text, length] :
       {std::pair<const char*, duration>{R"("15s")", 15s}, {R"("2000h")", 60s}, {R"("1ns")", 1s},
        {R"("1000ns")", 1us}, {"null", 15s}}) {
    INFO(text);
    fixture b;
    const std::string next = b.session();
    const std::string id = b.session(std::string(R"({"TTL":"10s","LockDelay":)") + text + "}");
    CHECK(b.acquire("k", id));
    b.pass(20s);
    CHECK(b.handler.sessions() == 1);
    CHECK_FALSE(b.acquire("k", next));
    b.pass(length - 1ns);
    CHECK_FALSE(b.acquire("k", next));
    const request_id watch = b.park("/v1/kv/k", b.index_of("/v1/kv/k"), "10m");
    b.pass(1ns);
    CHECK_FALSE(b.has_answer(watch));  // nothing tells of its end
    CHECK(b.acquire("k", next));
    CHECK(b.has_answer(watch));
  }
}

TEST_CASE("Negative and empty lock-delays are none") {
  fixture b;
  const std::string next = b.session();
  for (const char* text : {"0", "-1", R"("-1s")", "true"}) {
    INFO(text);
    const std::string id = b.session(std::string(R"({"LockDelay":)") + text + "}");
    CHECK(b.acquire("k", id));
    CHECK(b.ask("PUT", "/v1/session/destroy/" + id).body == "true");
    CHECK(b.acquire("k", next));
    CHECK(b.ask("PUT", "/v1/kv/k?release=" + next).body == "true");
  }
}

TEST_CASE("After an unclean start every key is under lock-delay, for that long") {
  handler_options options;
  options.start_lock_delay = 60s;
  fixture b(options);
  const std::string id = b.session();
  b.pass(60s - 1ns);
  CHECK_FALSE(b.acquire("k", id));
  CHECK(b.ask("PUT", "/v1/kv/k", "plain").body == "true");
  b.pass(1ns);
  CHECK(b.acquire("k", id));
}

TEST_CASE("A wait takes its time and up to a sixteenth more, by the seed") {
  const auto waited = [](const char* wait, std::uint64_t seed) {
    fixture b({}, seed);
    const time_point start = b.now;
    const request_id query = b.park("/v1/kv/none", 1'000'000, wait);
    REQUIRE_FALSE(b.has_answer(query));
    CHECK(b.handler.parked() == 1);
    const duration length = b.handler.next_deadline() - start;
    b.pass(length - 1ns);
    CHECK_FALSE(b.has_answer(query));
    b.pass(1ns);
    REQUIRE(b.has_answer(query));
    CHECK(b.answers.at(query).status == 404);
    CHECK(b.handler.parked() == 0);
    CHECK(b.handler.next_deadline() == time_point::max());
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

TEST_CASE("A time-out answers with the index that was last looked at") {
  fixture b;
  b.ask("PUT", "/v1/kv/a/1", "x");
  b.ask("PUT", "/v1/kv/a/2", "x");
  b.ask("PUT", "/v1/kv/b", "x");
  const std::uint64_t index = b.index_of("/v1/kv/a/3");
  const request_id query = b.park("/v1/kv/a/3", index);
  b.ask("PUT", "/v1/kv/b", "y");  // far away: the table's index grows, the query sleeps on
  CHECK_FALSE(b.has_answer(query));
  b.pass(64s);
  REQUIRE(b.has_answer(query));
  CHECK(b.answers.at(query).header("X-Consul-Index") == std::to_string(index));
  CHECK(b.index_of("/v1/kv/a/3") > index);
}

TEST_CASE("An abandoned query is never answered and keeps its slot") {
  fixture b;
  b.ask("PUT", "/v1/kv/k", "x");
  const std::uint64_t index = b.index_of("/v1/kv/k");
  const request_id times_out = b.park("/v1/kv/k", index);
  const request_id woken = b.park("/v1/kv/k", index, "10m");
  b.handler.abandon(times_out);
  b.handler.abandon(woken);
  b.handler.abandon(12345);  // unknown: nothing
  CHECK(b.handler.parked() == 2);
  b.pass(64s);
  CHECK(b.handler.parked() == 1);
  b.ask("PUT", "/v1/kv/k", "y");
  CHECK(b.handler.parked() == 0);
  CHECK_FALSE(b.has_answer(times_out));
  CHECK_FALSE(b.has_answer(woken));
}

TEST_CASE("Told to stop, it answers everybody with an unchanged index") {
  fixture b;
  b.ask("PUT", "/v1/kv/k", "x");
  const std::uint64_t index = b.index_of("/v1/kv/k");
  const request_id key = b.park("/v1/kv/k?raw", index);
  const request_id sessions = b.park("/v1/session/list", 1000);
  b.handler.release_parked();
  CHECK(b.handler.parked() == 0);
  CHECK(b.answers.at(key).body == "x");
  CHECK(b.answers.at(key).header("X-Consul-Index") == std::to_string(index));
  CHECK(b.answers.at(sessions).body == "[]");
}

TEST_CASE("Tombstones are forgotten after a quarter of an hour") {
  fixture b;
  b.ask("PUT", "/v1/kv/gone/1", "x");
  b.ask("DELETE", "/v1/kv/gone/1");
  const std::uint64_t deleted = b.index_of("/v1/kv/gone/?recurse");
  b.ask("PUT", "/v1/kv/else", "x");
  const std::uint64_t written = b.index_of("/v1/kv/else");
  CHECK(b.index_of("/v1/kv/gone/?recurse") == deleted);
  b.pass(15min);
  CHECK(b.index_of("/v1/kv/gone/?recurse") == deleted);
  b.pass(30s);
  CHECK(b.index_of("/v1/kv/gone/?recurse") == written);
  CHECK(b.handler.next_deadline() == time_point::max());
}

TEST_CASE("The first index is above what was kept, and above what clients take for nothing") {
  fixture plain;
  plain.ask("PUT", "/v1/kv/k", "x");
  CHECK(plain.index_of("/v1/kv/k") == 11);
  handler_options options;
  options.start_index = 1'795'260'046'119'330;
  fixture kept(options);
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
  fixture one({}, 5);
  fixture two({}, 5);
  fixture other({}, 6);
  const std::string id = one.session();
  CHECK(two.session() == id);
  CHECK(other.session() != id);
}

TEST_CASE("A check is critical when its TTL is over, and its sessions end at that moment") {
  fixture b;
  b.ask("PUT", "/v1/agent/service/register",
        R"({"Name":"web","Check":{"CheckID":"c","TTL":"1s"}})");
  CHECK(b.ask("PUT", "/v1/agent/check/pass/c").status == 200);
  const std::string id =
      b.session(R"({"LockDelay":0,"NodeChecks":[],"ServiceChecks":[{"ID":"c"}]})");
  CHECK(b.acquire("k", id));
  b.pass(700ms);
  CHECK(b.ask("PUT", "/v1/agent/check/pass/c").status == 200);
  const request_id watch = b.park("/v1/kv/k", b.index_of("/v1/kv/k"));
  b.pass(1s - 1ns);
  CHECK_FALSE(b.has_answer(watch));
  b.pass(1ns);
  REQUIRE(b.has_answer(watch));
  CHECK(b.answers.at(watch).body.find("Session") == std::string::npos);
  CHECK(b.handler.sessions() == 0);
}

TEST_CASE("A service goes when a check of it was critical for too long") {
  fixture b;
  const auto services = [&b] { return b.ask("GET", "/v1/agent/services").body; };
  b.ask("PUT", "/v1/agent/service/register",
        R"({"Name":"web","Check":{"CheckID":"c","TTL":"1s",)"
        R"("DeregisterCriticalServiceAfter":"1s"}})");
  b.ask("PUT", "/v1/agent/service/register",
        R"({"Name":"stays","Check":{"CheckID":"s","TTL":"1s"}})");
  b.ask("PUT", "/v1/agent/check/pass/c");
  b.pass(1s);
  // Critical at 1 s; a minute is the least, and it is looked every 30 s.
  b.pass(80s);
  CHECK(services().find("web") != std::string::npos);
  b.pass(9s);
  CHECK(services().find("web") == std::string::npos);
  CHECK(services().find("stays") != std::string::npos);
  CHECK(b.ask("GET", "/v1/agent/checks").body.find("\"c\"") == std::string::npos);
  CHECK(b.handler.next_deadline() > b.now + 30s);  // nothing left to look for
}

TEST_CASE("Output of a check that stays as it was reaches the catalog after minutes") {
  fixture b;
  b.ask("PUT", "/v1/agent/service/register",
        R"({"Name":"web","Check":{"CheckID":"c","TTL":"1h","Status":"passing"}})");
  const auto health = [&b] { return b.ask("GET", "/v1/health/service/web").body; };
  b.ask("PUT", "/v1/agent/check/pass/c?note=news");
  b.pass(5min - 1ns);
  CHECK(health().find("news") == std::string::npos);
  b.pass(1ns);
  CHECK(health().find("news") != std::string::npos);
}

TEST_CASE("A filter that nests without end is refused, and quickly") {
  fixture b;
  std::string deep;
  for (int i = 0; i < 5000; ++i) deep += "(";
  CHECK(b.ask("GET", "/v1/agent/services?filter=" + deep + "a").status == 500);
  std::string wide = "Port==1";
  for (int i = 0; i < 80; ++i) wide = "(" + wide + ")";
  CHECK(b.ask("GET", "/v1/agent/services?filter=" + wide).status == 200);
}

}  // namespace tenure::agent
