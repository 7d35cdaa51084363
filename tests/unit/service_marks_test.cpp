// The registration of a service with its marks: everything else stays as the agent returned it.
#include <catch2/catch_test_macros.hpp>

#include "consul/service_json.hpp"
#include "sidecar/consul_service/marks.hpp"

using namespace tenure::sidecar;
using tenure::agent_service;
using namespace tenure::consul;

namespace {

// As Consul 1.8.7 returns it; `Odd` stands for a field of a later version.
const std::string returned = R"({
    "ID": "_nomad-task-a-web", "Service": "web", "Tags": ["a", "replica"],
    "Meta": {"external-source": "nomad", "x": "\u00e9\"\\"},
    "Port": 8080, "Address": "10.1.2.3",
    "TaggedAddresses": {"lan": {"Address": "10.0.0.1", "Port": 80}},
    "Weights": {"Passing": 7, "Warning": 2}, "EnableTagOverride": true,
    "ContentHash": "7b7f9b626b7b0d6b", "Datacenter": "dc1", "CreateIndex": 5,
    "Odd": {"number": 12345678901234567890, "float": 1.50e-3, "deep": [{"a": null}, true]},
    "Proxy": {"Config": {"x": 1}}, "Connect": {"Native": true} })";

agent_service document(const std::string& json = returned) {
  auto read = parse_service(json);
  REQUIRE(read);
  return *read;
}

service_marks marks(bool leading, std::string session) {
  service_marks made;
  made.leading = leading;
  made.session = std::move(session);
  return made;
}

service_labels labels(std::string replica = "") {
  service_labels made;
  made.replica = std::move(replica);
  return made;
}

}  // namespace

TEST_CASE("a registration keeps every field as the agent returned it") {
  const agent_service web = document();
  REQUIRE(web.id == "_nomad-task-a-web");
  REQUIRE(web.name == "web");
  REQUIRE(web.hash == "7b7f9b626b7b0d6b");
  REQUIRE(web.tags_overridable);
  REQUIRE(web.kind.empty());
  const auto body = registration(web, marks(true, "s-1"), labels("replica"), {});
  REQUIRE(body.value() == R"({"ID":"_nomad-task-a-web","Name":"web","Tags":["a","primary"],)"
                  R"("Meta":{"external-source":"nomad","x":"é\"\\","session":"s-1"},)"
                  R"("Port":8080,"Address":"10.1.2.3",)"
                  R"("TaggedAddresses":{"lan": {"Address": "10.0.0.1", "Port": 80}},)"
                  R"("Weights":{"Passing": 7, "Warning": 2},"EnableTagOverride":true,)"
                  R"("Odd":{"number": 12345678901234567890, "float": 1.50e-3, )"
                  R"("deep": [{"a": null}, true]},)"
                  R"("Proxy":{"Config": {"x": 1}},"Connect":{"Native": true}})");
}

TEST_CASE("a service that has its marks needs no registration") {
  const agent_service web = document();
  REQUIRE_FALSE(registration(web, marks(false, ""), labels("replica"), {}));
  REQUIRE_FALSE(registration(web, marks(false, ""), labels(), {}));
  REQUIRE(registration(web, marks(false, "s"), labels(), {}));
  REQUIRE(registration(web, marks(true, ""), labels(), {}));
}

TEST_CASE("the labels replace each other, and other tags stay") {
  const std::string leader = R"({"ID":"i","Service":"s","Tags":["primary","x","primary"]})";
  REQUIRE(registration(document(leader), marks(false, ""), labels(), {}) ==
          R"({"ID":"i","Name":"s","Tags":["x"],"Meta":{}})");
  REQUIRE(registration(document(leader), marks(false, ""), labels("copy"), {}) ==
          R"({"ID":"i","Name":"s","Tags":["x","copy"],"Meta":{}})");
  REQUIRE_FALSE(registration(document(leader), marks(true, ""), labels("copy"), {}));
}

TEST_CASE("the session is replaced, or removed") {
  const std::string old = R"({"ID":"i","Service":"s","Tags":null,"Meta":{"session":"a","k":"v"}})";
  REQUIRE(registration(document(old), marks(false, "b"), labels(), {}) ==
          R"({"ID":"i","Name":"s","Tags":[],"Meta":{"session":"b","k":"v"}})");
  REQUIRE(registration(document(old), marks(false, ""), labels(), {}) ==
          R"({"ID":"i","Name":"s","Tags":[],"Meta":{"k":"v"}})");
  REQUIRE_FALSE(registration(document(old), marks(false, "a"), labels(), {}));
}

TEST_CASE("without a use of the metadata they stay as they are") {
  const std::string json = R"({"ID":"i","Service":"s","Tags":["x"],"Meta":{"session":"a"}})";
  service_labels made = labels();
  made.meta = meta_use::none;
  REQUIRE_FALSE(registration(document(json), marks(false, ""), made, {}));
  REQUIRE_FALSE(registration(document(json), marks(false, "b"), made, {}));
  REQUIRE(registration(document(json), marks(true, "b"), made, {}) ==
          R"({"ID":"i","Name":"s","Tags":["x","primary"],"Meta":{"session":"a"}})");
}

TEST_CASE("which of the marks is missing") {
  const agent_service one =
      document(R"({"ID":"i","Service":"s","Tags":["primary"],"Meta":{"session":"a"}})");
  REQUIRE(has_label(one, marks(true, "b"), labels()));
  REQUIRE_FALSE(has_session(one, marks(true, "b"), labels()));
  REQUIRE_FALSE(has_label(one, marks(false, "a"), labels()));
  REQUIRE(has_session(one, marks(false, "a"), labels()));
}

TEST_CASE("what the agent says of a service's health") {
  using state = tenure::service_health::state;
  const auto sick = parse_health(
      R"({"AggregatedStatus":"maintenance","Service":{"ID":"i","Service":"s"},"Checks":[)"
      R"({"Name":"a","Status":"passing"},{"Name":"b","Status":"critical","Definition":{}},)"
      R"({"Name":"c","Status":"warning"}]})");
  REQUIRE(sick);
  REQUIRE(sick->now == state::maintenance);
  REQUIRE(sick->failing == std::vector<std::string>{"b"});
  REQUIRE(parse_health(R"({"AggregatedStatus":"passing","Checks":null})")->now == state::passing);
  for (const char* bad : {"", "{}", "null", R"({"AggregatedStatus":"odd"})",
                          R"({"AggregatedStatus":"passing","Checks":{}})"}) {
    CAPTURE(bad);
    REQUIRE_FALSE(parse_health(bad));
  }
}

TEST_CASE("fields that the agent refuses are left out") {
  const std::string odd = R"({"ID":"i","Service":"s","Odd":1,"Port":2,"Kind":"connect-proxy"})";
  REQUIRE(document(odd).kind == "connect-proxy");
  REQUIRE(registration(document(odd), marks(true, ""), labels(), {"Odd"}) ==
          R"({"ID":"i","Name":"s","Tags":["primary"],"Meta":{},"Port":2,)"
          R"("Kind":"connect-proxy"})");
}

TEST_CASE("an incomplete or malformed service is refused") {
  for (const char* bad : {"", "[]", "{}", "null", R"({"ID":"i"})", R"({"Service":"s"})",
                          R"({"ID":1,"Service":"s"})", R"({"ID":"i","Service":"s","Tags":{}})",
                          R"({"ID":"i","Service":"s","Tags":[1]})",
                          R"({"ID":"i","Service":"s","Meta":{"a":1}})",
                          R"({"ID":"i","Service":"s","Port":)"}) {
    CAPTURE(bad);
    REQUIRE_FALSE(parse_service(bad));
  }
}

TEST_CASE("the services of an agent are sorted by id") {
  const auto all = parse_services(
      R"({"b":{"ID":"b","Service":"s"},"a":{"ID":"a","Service":"s","Kind":"connect-proxy"}})");
  REQUIRE(all);
  REQUIRE(all->size() == 2);
  REQUIRE(all->front().id == "a");
  REQUIRE(parse_services("{}")->empty());
  REQUIRE_FALSE(parse_services("unknown"));
}
