// Maintenance of the node and of services, alias checks, and the health of an agent's services.
#include <catch2/catch_test_macros.hpp>

#include "contract.hpp"

namespace tenure::test {
namespace {

constexpr const char* empty_answer = "200 OK\nVary: Accept-Encoding\n\n";

http_answer agent_put(std::string_view target, std::string_view body = {}) {
  return ask("PUT", "/v1/agent/" + std::string(target), body);
}

bool has(const http_answer& answer, const std::string& text) {
  return answer.body.find(text) != std::string::npos;
}

std::string bad_request(std::string_view text) { return text_answer(400, "Bad Request", text); }

std::string unknown(const std::string& id) {
  return text_answer(404, "Not Found",
                     by_version("No service registered with ID \"" + id + "\"",
                                "Unknown service ID \"" + id +
                                    "\". Ensure that the service ID is passed, not the service "
                                    "name."));
}

std::string health_answer(const char* status, std::string_view reason, std::string_view type,
                          std::string_view body) {
  return std::string(status) + "\nContent-Type: " + std::string(type) +
         "\nVary: Accept-Encoding\nX-Consul-Reason: " + std::string(reason) + "\n\n" +
         std::string(body);
}

std::string state_text(const char* status, std::string_view state) {
  return health_answer(status, state, "text/plain", state);
}

constexpr const char* warning_status = "429 Too Many Requests";
constexpr const char* failing_status = "503 Service Unavailable";

}  // namespace

TEST_CASE("Maintenance of the node") {
  CHECK(seen(agent_put("maintenance")) == bad_request("Missing value for enable"));
  CHECK(seen(agent_put("maintenance?enable=x")) == bad_request("Invalid value for enable: \"x\""));
  CHECK(seen(agent_put("maintenance?enable=false")) == empty_answer);
  CHECK(seen(agent_put("maintenance?enable=true&reason=because")) == empty_answer);
  const std::string check =
      R"({"Node":")" + server().node_name() +
      R"(","CheckID":"_node_maintenance","Name":"Node Maintenance Mode","Status":"critical",)"
      R"("Notes":"because","Output":"","ServiceID":"","ServiceName":"","ServiceTags":[],)"
      R"("Type":"maintenance",)" +
      by_version("", R"("Interval":"","Timeout":"","ExposedPort":0,)") +
      R"("Definition":{},"CreateIndex":)";
  CHECK(has(ask("GET", "/v1/agent/checks"), R"("_node_maintenance":)" + check + "0"));
  CHECK(has(ask("GET", "/v1/health/state/critical"), check));
  // A second request keeps the first reason.
  CHECK(seen(agent_put("maintenance?enable=1&reason=other")) == empty_answer);
  CHECK(has(ask("GET", "/v1/agent/checks"), check));
  CHECK(seen(agent_put("maintenance?enable=0")) == empty_answer);
  CHECK_FALSE(has(ask("GET", "/v1/agent/checks"), "_node_maintenance"));
}

TEST_CASE("Maintenance of a service") {
  CHECK(agent_put("service/register", R"({"Name":"m-web","Tags":["t"]})").status == 200);
  CHECK(seen(agent_put("service/maintenance/?enable=true")) == bad_request("Missing service ID"));
  CHECK(seen(agent_put("service/maintenance/m-web")) == bad_request("Missing value for enable"));
  CHECK(seen(agent_put("service/maintenance/m-web?enable=")) ==
        bad_request("Invalid value for enable: \"\""));
  CHECK(seen(agent_put("service/maintenance/m-none?enable=true")) == unknown("m-none"));
  CHECK(seen(agent_put("service/maintenance/m-none?enable=0")) == unknown("m-none"));
  CHECK(seen(agent_put("service/maintenance/m-web?enable=true")) == empty_answer);
  CHECK(has(ask("GET", "/v1/health/checks/m-web"),
            R"("CheckID":"_service_maintenance:m-web","Name":"Service Maintenance Mode",)"
            R"("Status":"critical","Notes":"Maintenance mode is enabled for this service, but no )"
            R"(reason was provided. This is a default message.","Output":"","ServiceID":"m-web",)"
            R"("ServiceName":"m-web","ServiceTags":["t"],"Type":"maintenance",)"));
  CHECK(ask("GET", "/v1/health/service/m-web?passing").body == "[]");
  CHECK(seen(agent_put("service/maintenance/m-web?enable=false")) == empty_answer);
  CHECK(ask("GET", "/v1/health/checks/m-web").body == "[]");
  CHECK(agent_put("service/deregister/m-web").status == 200);
}

TEST_CASE("The health of an agent's services") {
  CHECK(agent_put("service/register",
                  R"({"Name":"h-web","ID":"h1","Check":{"TTL":"100s"}})")
            .status == 200);
  CHECK(agent_put("service/register", R"({"Name":"h-web","ID":"h2"})").status == 200);
  const auto by = [](std::string_view what) {
    return ask("GET", "/v1/agent/health/service/" + std::string(what));
  };
  CHECK(agent_put("check/pass/service:h1?note=hi").status == 200);
  const std::string checks =
      R"([{"Node":")" + server().node_name() +
      R"(","CheckID":"service:h1","Name":"Service 'h-web' check","Status":"passing","Notes":"",)"
      R"("Output":"hi","ServiceID":"h1","ServiceName":"h-web","ServiceTags":null,"Type":"",)" +
      by_version("", R"("ExposedPort":0,)") +
      R"("Definition":{"Interval":"0s","Timeout":"0s","DeregisterCriticalServiceAfter":"0s",)"
      R"("HTTP":"","Header":null,"Method":"","Body":"",)" +
      by_version(R"("TLSSkipVerify":false,"TCP":"")",
                 R"("TLSServerName":"","TLSSkipVerify":false,"TCP":"","TCPUseTLS":false,)"
                 R"("UDP":"","GRPC":"","OSService":"","GRPCUseTLS":false)") +
      R"(},"CreateIndex":0,"ModifyIndex":0}])";
  const std::string service =
      R"("Service":"h-web","Tags":[],"Meta":{},"Port":0,"Address":"",)"
      R"("Weights":{"Passing":1,"Warning":1},"EnableTagOverride":false)" +
      std::string(by_version("", R"(,"Datacenter":"dc1")")) + R"(},"Checks":)";
  const std::string first = R"({"AggregatedStatus":"passing","Service":{"ID":"h1",)" + service;
  CHECK(seen(by("id/h1")) ==
        health_answer("200 OK", "passing", "application/json", first + checks + "}"));
  CHECK(seen(by("id/h2")) ==
        health_answer("200 OK", "passing", "application/json",
                      R"({"AggregatedStatus":"passing","Service":{"ID":"h2",)" + service + "[]}"));
  CHECK(agent_put("check/warn/service:h1").status == 200);
  CHECK(seen(by("id/h1?format=text")) == state_text(warning_status, "warning"));
  CHECK(seen(by("id/h2?format=text")) == state_text("200 OK", "passing"));
  CHECK(seen(by("name/h-web?format=text")) == state_text(warning_status, "warning"));
  CHECK(agent_put("check/fail/service:h1").status == 200);
  CHECK(seen(by("name/h-web?format=text")) == state_text(failing_status, "critical"));
  CHECK(agent_put("service/maintenance/h2?enable=true").status == 200);
  CHECK(seen(by("id/h2?format=text")) == state_text(failing_status, "maintenance"));

  const char* const missing = "404 Not Found";
  CHECK(seen(by("id/h-none")) ==
        health_answer(missing, "ServiceId h-none not found", "application/json",
                      R"({"AggregatedStatus":"critical","Service":null,"Checks":null})"));
  CHECK(seen(by("id/h-none?format=text")) ==
        health_answer(missing, "ServiceId h-none not found",
                      by_version("application/json", "text/plain"),
                      by_version(R"("ServiceId h-none not found")", "ServiceId h-none not found")));
  CHECK(seen(by("name/h-none")) ==
        health_answer(missing, "ServiceName h-none Not Found", "application/json", "[]"));
  CHECK(seen(by("name/h-none?format=text")) ==
        health_answer(missing, "ServiceName h-none Not Found", "text/plain",
                      "ServiceName h-none Not Found"));
  const std::string refusal = by_version("Bad request: ", "");
  CHECK(seen(by("id/")) ==
        text_answer(500, "Internal Server Error", refusal + "Missing serviceID"));
  CHECK(seen(by("name/")) ==
        text_answer(500, "Internal Server Error", refusal + "Missing service Name"));
  for (const char* id : {"h1", "h2"}) {
    CHECK(agent_put("service/deregister/" + std::string(id)).status == 200);
  }
}

TEST_CASE("An alias check repeats the state of another service") {
  CHECK(agent_put("service/register", R"({"Name":"a-main","Check":{"TTL":"100s"}})").status == 200);
  CHECK(agent_put("service/register",
                  R"({"Name":"a-side","Check":{"AliasService":"a-main"}})")
            .status == 200);
  // Consul updates an alias a moment after the check that it repeats.
  const auto state = [](const std::string& status, const std::string& output) {
    const std::string wanted = R"("Status":")" + status + R"(","Notes":"","Output":")" + output +
                               R"(","ServiceID":"a-side")";
    http_answer checks = ask("GET", "/v1/health/checks/a-side");
    while (!has(checks, wanted)) {
      checks = parked_query("/v1/health/checks/a-side", checks.index()).answer();
    }
    return has(checks, R"("Type":"alias")");
  };
  CHECK(has(ask("GET", "/v1/health/checks/a-side"), R"("Status":"critical")"));
  CHECK(agent_put("check/pass/service:a-main").status == 200);
  CHECK(state("passing", "All checks passing."));
  CHECK(agent_put("check/warn/service:a-main?note=slow").status == 200);
  CHECK(state("warning", R"(Aliased check \"Service 'a-main' check\" failing: slow)"));
  CHECK(seen(agent_put("check/register", R"({"Name":"a-ttl","AliasService":"x","TTL":"1s"})")) ==
        bad_request("Invalid check: TTL must be not be set for Alias checks"));
  for (const char* id : {"a-main", "a-side"}) {
    CHECK(agent_put("service/deregister/" + std::string(id)).status == 200);
  }
}

}  // namespace tenure::test
