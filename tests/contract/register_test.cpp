// catalog/register and deregister: nodes that no agent owns, their services, checks and sessions.
#include <catch2/catch_test_macros.hpp>

#include "contract.hpp"

namespace tenure::test {
namespace {

constexpr const char* true_answer =
    "200 OK\nContent-Type: application/json\nVary: Accept-Encoding\n\ntrue";

http_answer enroll(std::string_view body) { return ask("PUT", "/v1/catalog/register", body); }
http_answer remove(std::string_view body) { return ask("PUT", "/v1/catalog/deregister", body); }

bool has(const http_answer& answer, const std::string& text) {
  return answer.body.find(text) != std::string::npos;
}

/// What both versions refuse with 500.
std::string refused(std::string_view text) {
  return text_answer(500, "Internal Server Error", text);
}

std::string undecodable(std::string_view text) {
  return text_answer(400, "Bad Request", "Request decode failed: " + std::string(text));
}

std::string proxy() {
  return by_version(R"({"MeshGateway":{},"Expose":{}})",
                    R"({"Mode":"","MeshGateway":{},"Expose":{}})");
}

/// Members that 1.21 adds to a check.
std::string times() { return by_version("", R"("Interval":"","Timeout":"","ExposedPort":0,)"); }

std::string without_indexes(const std::string& body) {
  std::string text = body;
  for (std::size_t at = text.find(",\"CreateIndex\""); at != text.npos;
       at = text.find(",\"CreateIndex\"", at)) {
    text.erase(at, text.find('}', at) - at);
  }
  return text;
}

}  // namespace

TEST_CASE("A node is registered, shown and deregistered") {
  CHECK(seen(enroll(R"({"Node":"reg-n1","Address":"10.0.0.1"})")) == true_answer);
  const http_answer bare = ask("GET", "/v1/catalog/node/reg-n1");
  CHECK(without_indexes(bare.body) ==
        R"({"Node":{"ID":"","Node":"reg-n1","Address":"10.0.0.1","Datacenter":"dc1",)"
        R"("TaggedAddresses":null,"Meta":null},"Services":{}})");
  // An equal registration changes nothing.
  CHECK(enroll(R"({"Node":"reg-n1","Address":"10.0.0.1"})").status == 200);
  CHECK(ask("GET", "/v1/catalog/node/reg-n1").body == bare.body);
  // SkipNodeUpdate keeps the node.
  CHECK(enroll(R"({"Node":"REG-N1","SkipNodeUpdate":true,"Address":"other"})").status == 200);
  CHECK(ask("GET", "/v1/catalog/node/reg-n1").body == bare.body);
  CHECK(enroll(R"({"Node":"reg-n1","Address":"10.0.0.2","TaggedAddresses":{"lan":"10.0.0.3"},)"
               R"("NodeMeta":{"a":"b"},"ID":"40e4a748-2192-161a-0510-9bf59fe950b5"})")
            .status == 200);
  const std::string node =
      R"({"ID":"40e4a748-2192-161a-0510-9bf59fe950b5","Node":"reg-n1","Address":"10.0.0.2",)"
      R"("Datacenter":"dc1","TaggedAddresses":{"lan":"10.0.0.3"},"Meta":{"a":"b"}})";
  CHECK(without_indexes(ask("GET", "/v1/catalog/nodes?filter=Node==%22reg-n1%22").body) ==
        "[" + node + "]");
  CHECK(without_indexes(ask("GET", "/v1/catalog/nodes?node-meta=a:b").body) == "[" + node + "]");

  parked_query changes("/v1/catalog/nodes", ask("GET", "/v1/catalog/nodes").index());
  let_park();
  CHECK(seen(remove(R"({"Node":"reg-n1"})")) == true_answer);
  const http_answer left = changes.answer();
  CHECK(left.status == 200);
  CHECK_FALSE(has(left, "reg-n1"));
  CHECK(ask("GET", "/v1/catalog/node/reg-n1").body == "null");
  CHECK(ask("GET", "/v1/catalog/node/reg-n1").index() ==
        by_version(std::uint64_t{1}, left.index()));
  CHECK(ask("GET", "/v1/catalog/node-services/reg-n1").body == R"({"Node":null,"Services":null})");
  CHECK(ask("GET", "/v1/health/node/reg-n1").body == "[]");
  // What does not exist can be deregistered.
  CHECK(seen(remove(R"({"Node":"reg-n1"})")) == true_answer);
}

TEST_CASE("The service of another node") {
  CHECK(seen(enroll(R"({"Node":"reg-n2","Address":"10.0.0.1","Service":{"ID":"w1",)"
                    R"("Service":"reg-web","Tags":["x"],"Address":"127.0.0.1","Port":8000,)"
                    R"("Weights":{"Passing":0,"Warning":0}},"Check":{"CheckID":"service:w1",)"
                    R"("Name":"health","Status":"passing","ServiceID":"w1"}})")) == true_answer);
  const std::string service =
      R"({"ID":"w1","Service":"reg-web","Tags":["x"],"Address":"127.0.0.1","Meta":null,)"
      R"("Port":8000,"Weights":{"Passing":1,"Warning":1},"EnableTagOverride":false,"Proxy":)" +
      proxy() + R"(,"Connect":{})" + by_version("", R"(,"PeerName":"")") + "}";
  const std::string node =
      R"("Node":{"ID":"","Node":"reg-n2","Address":"10.0.0.1","Datacenter":"dc1",)"
      R"("TaggedAddresses":null,"Meta":null})";
  CHECK(without_indexes(ask("GET", "/v1/catalog/node/reg-n2").body) ==
        "{" + node + R"(,"Services":{"w1":)" + service + "}}");
  CHECK(without_indexes(ask("GET", "/v1/catalog/node-services/reg-n2").body) ==
        "{" + node + R"(,"Services":[)" + service + "]}");
  CHECK(without_indexes(ask("GET", "/v1/catalog/service/reg-web").body) ==
        R"([{"ID":"","Node":"reg-n2","Address":"10.0.0.1","Datacenter":"dc1",)"
        R"("TaggedAddresses":null,"NodeMeta":null,"ServiceKind":"","ServiceID":"w1",)"
        R"("ServiceName":"reg-web","ServiceTags":["x"],"ServiceAddress":"127.0.0.1",)"
        R"("ServiceWeights":{"Passing":1,"Warning":1},"ServiceMeta":{},"ServicePort":8000,)" +
            std::string(by_version("", R"("ServiceSocketPath":"",)")) +
            R"("ServiceEnableTagOverride":false,"ServiceProxy":)" + proxy() +
            R"(,"ServiceConnect":{})" + by_version("", R"(,"ServiceLocality":null)") + "}]");
  const std::string check =
      R"({"Node":"reg-n2","CheckID":"service:w1","Name":"health","Status":"passing","Notes":"",)"
      R"("Output":"","ServiceID":"w1","ServiceName":"reg-web","ServiceTags":["x"],"Type":"",)" +
      times() + R"("Definition":{}})";
  CHECK(without_indexes(ask("GET", "/v1/health/service/reg-web?passing").body) ==
        "[{" + node + R"(,"Service":)" + service + R"(,"Checks":[)" + check + "]}]");
  CHECK(without_indexes(ask("GET", "/v1/health/checks/reg-web").body) == "[" + check + "]");
  CHECK(without_indexes(ask("GET", "/v1/health/node/REG-N2").body) == "[" + check + "]");
  CHECK(has(ask("GET", "/v1/catalog/services"), R"("reg-web":["x"])"));
  // The services of an agent do not know it.
  CHECK_FALSE(has(ask("GET", "/v1/agent/services"), "reg-web"));

  parked_query health("/v1/health/service/reg-web?passing",
                      ask("GET", "/v1/health/service/reg-web?passing").index());
  let_park();
  CHECK(enroll(R"({"Node":"reg-n2","SkipNodeUpdate":true,"Checks":[{"Name":"disk"}]})").status ==
        200);
  CHECK(health.answer().body == "[]");
  CHECK(without_indexes(ask("GET", "/v1/health/state/critical?filter=Node==%22reg-n2%22").body) ==
        R"([{"Node":"reg-n2","CheckID":"disk","Name":"disk","Status":"critical","Notes":"",)"
        R"("Output":"","ServiceID":"","ServiceName":"","ServiceTags":[],"Type":"",)" +
            times() + R"("Definition":{}}])");

  // A check, a service with its checks, the node.
  CHECK(seen(remove(R"({"Node":"reg-n2","CheckID":"disk"})")) == true_answer);
  CHECK(seen(remove(R"({"Node":"reg-n2","ServiceID":"w1","Address":"ignored"})")) == true_answer);
  CHECK(ask("GET", "/v1/health/node/reg-n2").body == "[]");
  CHECK(ask("GET", "/v1/catalog/service/reg-web").body == "[]");
  CHECK(seen(remove(R"({"Node":"reg-n2"})")) == true_answer);
}

TEST_CASE("The destination of a registered proxy") {
  CHECK(seen(enroll(R"({"Node":"reg-n6","Address":"a","Service":{"Kind":"connect-proxy",)"
                    R"("Service":"reg-proxy","Port":1,"Proxy":{"DestinationServiceName":"web",)"
                    R"("LocalServicePort":8080,"MeshGateway":{},"Expose":{}}}})")) == true_answer);
  CHECK(has(ask("GET", "/v1/catalog/service/reg-proxy"),
            R"("ServiceProxy":{"DestinationServiceName":"web","LocalServicePort":8080,)"));
  CHECK(ask("GET", "/v1/catalog/service/reg-proxy?filter="
                   "ServiceProxy.DestinationServiceName==other")
            .body == "[]");
  remove(R"({"Node":"reg-n6"})");
}

TEST_CASE("The definition of a registered check") {
  enroll(R"({"Node":"reg-n3","Address":"a","Check":{"Name":"k","Status":"weird","Notes":"N",)"
         R"("Output":"O","Definition":{"HTTP":"http://x","Interval":"10s","Timeout":"1s",)"
         R"("DeregisterCriticalServiceAfter":"30s","Header":{"a":["b"]},"TLSSkipVerify":true,)"
         R"("Method":"GET","Unknown":1,"TCP":""}}})");
  CHECK(without_indexes(ask("GET", "/v1/health/node/reg-n3").body) ==
        R"([{"Node":"reg-n3","CheckID":"k","Name":"k","Status":"weird","Notes":"N","Output":"O",)"
        R"("ServiceID":"","ServiceName":"","ServiceTags":[],"Type":"http",)" +
            times() +
            R"("Definition":{"Interval":"10s","Timeout":"1s",)"
            R"("DeregisterCriticalServiceAfter":"30s","HTTP":"http://x","TLSSkipVerify":true,)"
            R"("Header":{"a":["b"]},"Method":"GET"}}])");
  remove(R"({"Node":"reg-n3"})");
}

TEST_CASE("Registrations that are refused") {
  enroll(R"({"Node":"reg-n4","Address":"a"})");
  CHECK(seen(enroll(R"({"Node":"x"})")) ==
        refused("Must provide address if SkipNodeUpdate is not set"));
  CHECK(seen(enroll(R"({"Address":"x"})")) == refused("Must provide node"));
  CHECK(seen(remove(R"({})")) == refused("Must provide node"));
  const auto with = [](std::string_view more) {
    return seen(enroll(R"({"Node":"reg-n4","Address":"b",)" + std::string(more) + "}"));
  };
  CHECK(with(R"("ID":"zz")") == refused("Bad node ID: uuid string is wrong length"));
  CHECK(with(R"("Datacenter":"dc2")") == refused("No path to datacenter"));
  CHECK(with(R"("Service":{"ID":"x"})") ==
        refused(by_version("Must provide service name with ID",
                           "Must provide service name (Service.Service) when service ID is "
                           "provided")));
  CHECK(with(R"("Service":{})") ==
        refused(by_version(
            "failed inserting service: failed inserting service: object missing primary index",
            "Must provide service name (Service.Service)")));
  CHECK(with(R"("Service":{"Service":"s","Address":"0.0.0.0"})") ==
        refused("Invalid service address"));
  CHECK(with(R"("Service":{"Service":"s","Meta":{"consul-x":"y"}})") ==
        refused("failed inserting service: Invalid Service Meta for node reg-n4 and serviceID s: "
                "Couldn't load metadata pair ('consul-x', 'y'): Key prefix 'consul-' is reserved "
                "for internal use"));
  CHECK(with(R"("Check":{"Name":"c","ServiceID":"nope"})") ==
        refused(by_version(
            "failed inserting check: Missing service registration on node \"reg-n4\"",
            "Unknown service ID 'nope' for check ID 'c'")));
  CHECK(with(R"("Check":{"Name":"c","Node":"other"})") ==
        refused(by_version(
            "check node \"other\" does not match node \"reg-n4\"",
            "Node 'other' for check 'c' doesn't match register request node 'reg-n4'")));
  CHECK(with(R"("Bogus":1)") == undecodable("json: unknown field \"Bogus\""));
  CHECK(with(R"("Service":{"Service":"s","Bogus":1})") ==
        undecodable("json: unknown field \"Bogus\""));
  CHECK(with(R"("Check":{"Name":"c","TTL":"1s"})") == undecodable("json: unknown field \"TTL\""));
  CHECK(with(R"("Service":{"Service":"s","Port":"x"})") ==
        undecodable("json: cannot unmarshal string into Go struct field NodeService.Service.Port "
                    "of type int"));
  CHECK(seen(enroll("")) == undecodable("EOF"));
  CHECK(seen(remove(R"({"Node":"reg-n4","Bogus":2})")) ==
        undecodable("json: unknown field \"Bogus\""));
  // None of them changed the node.
  CHECK(has(ask("GET", "/v1/catalog/node/reg-n4"), R"("Address":"a")"));
  remove(R"({"Node":"reg-n4"})");
}

TEST_CASE("Sessions of another node end with its checks, and with the node") {
  enroll(R"({"Node":"reg-n5","Address":"a"})");
  const std::string none = R"({"Node":"reg-n5","LockDelay":0,"Checks":[],"NodeChecks":[]})";
  CHECK(seen(ask("PUT", "/v1/session/create", R"({"Node":"reg-n5"})")) ==
        refused(std::string(by_version("", "apply failed: ")) +
                "Missing check 'serfHealth' registration"));
  CHECK(seen(ask("PUT", "/v1/session/create", R"({"Node":"nowhere"})")) ==
        refused(std::string(by_version("", "apply failed: ")) + "Missing node registration"));
  const std::string lasting = make_session(none);
  enroll(R"({"Node":"reg-n5","Address":"a","Check":{"Name":"c5","Status":"passing"}})");
  const std::string checked =
      make_session(R"({"Node":"reg-n5","LockDelay":0,"NodeChecks":["c5"]})");
  CHECK(acquire("reg/checked", checked));
  CHECK(acquire("reg/lasting", lasting));
  CHECK(has(ask("GET", "/v1/session/node/REG-N5"), checked));
  CHECK(seen(ask("PUT", "/v1/session/create", R"({"Node":"reg-n5","Checks":["c5"]})")) ==
        refused(std::string(by_version("", "apply failed: ")) +
                "Missing check 'serfHealth' registration"));
  CHECK(has(ask("GET", "/v1/session/list"), checked));
  CHECK_FALSE(has(ask("GET", "/v1/session/node/" + server().node_name()), checked));

  parked_query freed("/v1/kv/reg/checked", ask("GET", "/v1/kv/reg/checked").index());
  let_park();
  enroll(R"({"Node":"reg-n5","Address":"a","Check":{"Name":"c5","Status":"critical"}})");
  CHECK_FALSE(has(freed.answer(), "Session"));
  CHECK(ask("GET", "/v1/session/info/" + checked).body == "[]");
  CHECK(show("reg/lasting").session == lasting);
  remove(R"({"Node":"reg-n5"})");
  CHECK(show("reg/lasting").session.empty());
  CHECK(ask("GET", "/v1/session/node/reg-n5").body == "[]");
}

}  // namespace tenure::test
