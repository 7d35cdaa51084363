// The output to a Consul service under virtual time: when it sets and removes the marks, and how it
// deals with an agent that does not answer.
#include <catch2/catch_test_macros.hpp>

#include "sidecar_service_fixture.hpp"
#include "support/scripted_token.hpp"

using namespace tenure;
using namespace tenure::sidecar;
using namespace tenure::test;

using stage = service_stage;

namespace {

fate silent(runtime::lane, const runtime::http_request&) { return fate(mishap::silent_before); }

}  // namespace

TEST_CASE("the service has the primary label while this process leads, until lead() returns") {
  stage s;
  s.register_service();
  s.begin();
  s.lead();
  REQUIRE(s.b.rt.run_until([&] { return s.has("\"primary\""); }, 2s));
  REQUIRE(s.has(s.term_.session()));
  REQUIRE_FALSE(s.has("\"replica\""));
  s.led_->cancel();
  REQUIRE(s.b.rt.run_until([&] { return s.led_->done(); }, 2s));
  REQUIRE_FALSE(s.has("\"primary\""));
  REQUIRE(s.has("\"replica\""));
  REQUIRE(s.has(s.term_.session()));  // it still stands
  REQUIRE(s.term_.holds());
  s.end();
  REQUIRE_FALSE(s.has(s.term_.session()));
  REQUIRE(s.has("\"v1\""));
}

TEST_CASE("the service is registered again with a new token, for the agent reports it with that") {
  const auto source = std::make_shared<scripted_token>("first");
  stage s(stage::with_id(), consul_config().token(source));
  std::vector<std::string> tokens;
  s.network->network = [&](runtime::lane, const runtime::http_request& r) {
    if (r.target.starts_with("/v1/agent/service/register")) tokens.push_back(token_in(r));
    return fate(1ms, 1ms);
  };
  s.register_service();
  s.begin();
  s.lead();
  REQUIRE(s.b.rt.run_until([&] { return s.has("\"primary\""); }, 2s));
  s.b.rt.advance(10s);
  const std::size_t before = tokens.size();
  REQUIRE(before > 0);
  source->now = "second";
  s.b.rt.advance(10s);
  REQUIRE(tokens.size() == before + 1);
  REQUIRE(tokens.back() == "second");
  REQUIRE(s.has("\"primary\""));
  s.end();
}

TEST_CASE("a hanging agent delays lead() until the lease ends, and no longer") {
  stage s;
  s.register_service();
  s.begin();
  s.lead();
  REQUIRE(s.b.rt.run_until([&] { return s.has("\"primary\""); }, 2s));
  s.network->network = silent;
  const time_point lease_end = s.term_.valid_until();
  s.led_->cancel();
  REQUIRE(s.b.rt.run_until([&] { return s.led_->done(); }, 20s));
  REQUIRE(s.b.rt.now() >= lease_end);
  REQUIRE(s.b.rt.now() <= lease_end + 1s);
  // The label goes as soon as the agent answers again.
  s.network->network = nullptr;
  REQUIRE(s.b.rt.run_until([&] { return !s.has("\"primary\""); }, 15s));
  s.end();
}

TEST_CASE("a label that was not written in time is never written") {
  stage s;
  s.register_service();
  s.begin();
  REQUIRE(s.b.rt.run_until([&] { return s.has("\"replica\""); }, 2s));
  s.network->network = silent;
  s.lead();
  s.b.rt.advance(1s);
  s.led_->cancel();
  REQUIRE(s.b.rt.run_until([&] { return s.led_->done(); }, 20s));
  s.b.rt.run(s.term_.resign());
  s.network->network = nullptr;
  for (int i = 0; i < 200; ++i) {
    s.b.rt.advance(100ms);
    REQUIRE_FALSE(s.has("\"primary\""));
  }
  s.end();
}

TEST_CASE("removed marks come back, after growing pauses") {
  stage s;
  s.register_service();
  s.begin();
  s.lead();
  REQUIRE(s.b.rt.run_until([&] { return s.has("\"primary\""); }, 2s));
  time_point last = s.b.rt.now();
  duration longest{0};
  for (int i = 0; i < 8; ++i) {
    s.register_service(R"(,"Port":)" + std::to_string(1000 + i));
    REQUIRE_FALSE(s.has("\"primary\""));
    REQUIRE(s.b.rt.run_until([&] { return s.has("\"primary\""); }, 30s));
    REQUIRE(s.has("\"Port\":" + std::to_string(1000 + i)));
    longest = std::max<duration>(longest, s.b.rt.now() - last);
    last = s.b.rt.now();
  }
  REQUIRE(longest > 5s);
  REQUIRE(longest < 15s);
  s.end();
}

TEST_CASE("an agent whose answers all say that the service has changed is asked less and less") {
  stage s;
  s.register_service();
  s.begin();
  s.lead();
  REQUIRE(s.b.rt.run_until([&] { return s.has("\"primary\""); }, 2s));
  std::size_t asked = 0;
  s.network->network = [](runtime::lane, const runtime::http_request&) { return fate(1ms, 0s); };
  s.network->observer = [&](const runtime::http_request& request, runtime::http_response& answer) {
    const std::size_t at = answer.body.find("\"ContentHash\":\"");
    if (!request.target.starts_with("/v1/agent/service/web-1") || at == std::string::npos) return;
    answer.body.insert(at + std::string("\"ContentHash\":\"").size(), std::to_string(++asked));
  };
  s.b.rt.advance(1min);
  CHECK(asked > 20);
  CHECK(asked < 60);
  s.network->observer = nullptr;
  s.b.rt.advance(10s);
  s.register_service();
  CHECK(s.b.rt.run_until([&] { return s.has("\"primary\""); }, 10s));
  s.end();
}

TEST_CASE("without the service run() fails after three lookups, five seconds apart") {
  stage s;
  const time_point begin = s.b.rt.now();
  s.begin();
  REQUIRE(s.b.rt.run_until([&] { return s.run->done(); }, 1min));
  REQUIRE(s.b.rt.now() - begin == 10s);
  try {
    s.run->value();
    FAIL("run() did not throw");
  } catch (const fatal_error& e) {
    REQUIRE(e.exit_code() == 1);
    REQUIRE(std::string(e.what()).find("no service web-1") != std::string::npos);
  }
  s.b.shut_down();
}

TEST_CASE("without an agent run() fails after three lookups") {
  stage s;
  s.network->network = [](runtime::lane, const runtime::http_request&) {
    return fate(mishap::refused);
  };
  s.begin();
  REQUIRE(s.b.rt.run_until([&] { return s.run->done(); }, 2min));
  REQUIRE_THROWS_AS(s.run->value(), fatal_error);
  s.b.shut_down();
}

TEST_CASE("a service that is registered late, or again") {
  stage s;
  s.begin();
  s.b.rt.advance(7s);
  s.register_service();
  REQUIRE(s.b.rt.run_until([&] { return s.has("\"replica\""); }, 5s));
  s.b.ask("PUT", "/v1/agent/service/deregister/web-1");
  s.b.rt.advance(10s);
  s.register_service();
  REQUIRE(s.b.rt.run_until([&] { return s.has("\"replica\""); }, 5s));
  s.end();
}

TEST_CASE("the marks go to the allocation's service with the configured name") {
  consul_service_options of;
  of.allocation = "abc";
  of.name = "db";
  stage s(of);
  const auto add = [&](const std::string& id, const std::string& name, const std::string& more) {
    s.b.ask("PUT", "/v1/agent/service/register",
            R"({"ID":")" + id + R"(","Name":")" + name + "\"" + more + "}");
  };
  add("_nomad-task-abc-a", "other", "");
  add("_nomad-task-abc-b", "db", "");
  add("_nomad-task-abd-b", "db", "");
  s.begin();
  s.lead();
  const auto marked = [&](const std::string& id) {
    const auto r = s.b.ask("GET", "/v1/agent/service/" + id);
    return r.body.find("\"primary\"") != std::string::npos;
  };
  REQUIRE(s.b.rt.run_until([&] { return marked("_nomad-task-abc-b"); }, 5s));
  REQUIRE_FALSE(marked("_nomad-task-abc-a"));
  REQUIRE_FALSE(marked("_nomad-task-abd-b"));
  s.led_->cancel();
  s.b.rt.advance(1s);
  s.end();
}
