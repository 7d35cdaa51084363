// The Consul service of a sidecar under virtual time: a service that goes and comes back, checks
// that fail, and programs that change the marks.
#include <catch2/catch_test_macros.hpp>

#include "sidecar_service_fixture.hpp"

using namespace tenure;
using namespace tenure::sidecar;
using namespace tenure::test;

using stage = service_stage;

TEST_CASE("a service that was deregistered has no label to remove: the term ends at once") {
  stage s;
  s.register_service();
  s.begin();
  s.lead();
  REQUIRE(s.b.rt.run_until([&] { return s.has("\"primary\""); }, 2s));
  s.deregister();
  s.b.rt.advance(100ms);
  const time_point stopped = s.b.rt.now();
  s.led_->cancel();
  REQUIRE(s.b.rt.run_until([&] { return s.led_->done(); }, 2s));
  REQUIRE(s.b.rt.now() < stopped + 500ms);
  s.end();
}

TEST_CASE("a service that is deregistered after the end has begun delays it no longer") {
  stage s;
  s.register_service();
  s.begin();
  s.lead();
  REQUIRE(s.b.rt.run_until([&] { return s.has("\"primary\""); }, 2s));
  const time_point stopped = s.b.rt.now();
  s.led_->cancel();
  s.deregister();
  REQUIRE(s.b.rt.run_until([&] { return s.led_->done(); }, 2s));
  REQUIRE(s.b.rt.now() < stopped + 500ms);
  s.end();
}

TEST_CASE("no candidate without its service, and it is found within a second") {
  stage s;
  REQUIRE_FALSE(s.entered->open);
  s.begin();
  s.handle->stand();
  s.b.rt.advance(7s);
  REQUIRE_FALSE(s.entered->open);
  REQUIRE(s.b.key(key).find("Session") == std::string::npos);
  s.register_service();
  REQUIRE(s.b.rt.run_until([&] { return s.entered->open; }, 1100ms));
  REQUIRE(s.b.rt.run_until([&] { return s.handle->standing() == standing::leading; }, 10s));
  s.handle->withdraw();
  s.end();
}

TEST_CASE("a leader whose service stays away gives up, and stands when it is back") {
  stage s;
  s.register_service();
  s.begin();
  s.lead();
  REQUIRE(s.b.rt.run_until([&] { return s.has("\"primary\""); }, 2s));
  s.deregister();
  s.b.rt.advance(4s);
  REQUIRE(s.entered->open);
  s.register_service();  // as a scheduler does that changes it
  REQUIRE(s.b.rt.run_until([&] { return s.has("\"primary\""); }, 2s));
  s.deregister();
  s.b.rt.advance(7s);
  REQUIRE_FALSE(s.entered->open);
  s.register_service();
  REQUIRE(s.b.rt.run_until([&] { return s.entered->open; }, 3s));
  s.end();
}

TEST_CASE("checks of the service or its node, and maintenance, close the way to the leadership") {
  stage s;
  s.register_service(R"(,"Check":{"CheckID":"c","Name":"disk","TTL":"1h","Status":"warning"})");
  s.begin();
  REQUIRE(s.b.rt.run_until([&] { return s.entered->open; }, 2s));
  const auto closed_by = [&](const char* target, const char* end) {
    s.b.ask("PUT", target);
    REQUIRE(s.b.rt.run_until([&] { return !s.entered->open; }, 2s));
    s.b.ask("PUT", end);
    s.b.rt.advance(65s);  // they flap in this test
    REQUIRE(s.entered->open);
  };
  closed_by("/v1/agent/check/fail/c", "/v1/agent/check/pass/c");
  closed_by("/v1/agent/service/maintenance/web-1?enable=true",
            "/v1/agent/service/maintenance/web-1?enable=false");
  closed_by("/v1/agent/maintenance?enable=true", "/v1/agent/maintenance?enable=false");
  REQUIRE(s.lines(log_level::warn) ==
          std::vector<std::string>{
              "candidacy paused election=db service=web-1 reason=the service is critical: disk",
              "candidacy paused election=db service=web-1 reason=the service is critical: "
              "Service Maintenance Mode",
              "candidacy paused election=db service=web-1 reason=the checks of the service flap",
              "candidacy paused election=db service=web-1 reason=the service is critical: "
              "Node Maintenance Mode",
              "candidacy paused election=db service=web-1 reason=the checks of the service flap"});
  s.b.ask("PUT", "/v1/agent/check/deregister/c");
  s.b.ask("PUT", "/v1/agent/check/register",
          R"({"ID":"n","Name":"node","TTL":"1h","Status":"critical"})");
  REQUIRE(s.b.rt.run_until([&] { return !s.entered->open; }, 2s));
  s.b.ask("PUT", "/v1/agent/check/deregister/n");
  s.end();
}

TEST_CASE("the checks are ignored where the configuration says so") {
  consul_service_options of = stage::with_id();
  of.health = health_use::ignored;
  stage s(of);
  s.register_service(R"(,"Check":{"CheckID":"c","TTL":"1h","Status":"critical"})");
  s.begin();
  REQUIRE(s.b.rt.run_until([&] { return s.entered->open; }, 2s));
  s.b.rt.advance(10s);
  REQUIRE(s.entered->open);
  s.end();
}

TEST_CASE("a fight about the marks is reported with the remedy") {
  stage s;
  s.register_service();
  s.begin();
  s.lead();
  REQUIRE(s.b.rt.run_until([&] { return s.has("\"primary\""); }, 2s));
  const auto restore = [&](const char* tags) {
    s.b.ask("PUT", "/v1/agent/service/register",
            R"({"ID":"web-1","Name":"web","EnableTagOverride":true,"Tags":)" + std::string(tags) +
                "}");
    s.b.rt.advance(20s);
    REQUIRE(s.has("\"session\""));
  };
  for (int i = 0; i < 10; ++i) restore(R"(["v1","primary"])");
  const auto warned = s.lines(log_level::warn);
  REQUIRE(warned.size() == 1);
  REQUIRE(warned.front().find("repairing marks election=db service=web-1 lost=session repairs=3 "
                              "hint=another program, such as a scheduler, restores the metadata: "
                              "set meta: none") == 0);
  REQUIRE(s.environment->counted->labels_repaired == 10);
  s.end();
}

TEST_CASE("the metadata stay as they are with meta: none") {
  consul_service_options of = stage::with_id();
  of.labels.meta = meta_use::none;
  stage s(of);
  s.register_service(R"(,"Meta":{"a":"b"})");
  s.begin();
  s.lead();
  REQUIRE(s.b.rt.run_until([&] { return s.has("\"primary\""); }, 2s));
  s.b.rt.advance(3s);
  REQUIRE_FALSE(s.has("\"session\""));
  s.end();
  REQUIRE_FALSE(s.has("\"primary\""));
}

TEST_CASE("the label does not move to another service of the allocation") {
  consul_service_options of;
  of.allocation = "abc";
  of.name = "db";
  stage s(of);
  s.b.ask("PUT", "/v1/agent/service/register", R"({"ID":"_nomad-task-abc-a","Name":"admin"})");
  s.b.ask("PUT", "/v1/agent/service/register", R"({"ID":"_nomad-task-abc-b","Name":"db"})");
  s.begin();
  s.lead();
  const auto marked = [&](const std::string& id) {
    return s.b.ask("GET", "/v1/agent/service/" + id).body.find("primary") != std::string::npos;
  };
  REQUIRE(s.b.rt.run_until([&] { return marked("_nomad-task-abc-b"); }, 5s));
  s.b.ask("PUT", "/v1/agent/service/deregister/_nomad-task-abc-b");
  s.b.rt.advance(4s);
  REQUIRE_FALSE(marked("_nomad-task-abc-a"));
  s.b.ask("PUT", "/v1/agent/service/register", R"({"ID":"_nomad-task-abc-c","Name":"db"})");
  REQUIRE(s.b.rt.run_until([&] { return marked("_nomad-task-abc-c"); }, 3s));
  s.end();
}
