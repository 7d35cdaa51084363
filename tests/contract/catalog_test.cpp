// The catalog's view of the node, its services and its checks; the members of the cluster.
#include <catch2/catch_test_macros.hpp>

#include "contract.hpp"

namespace tenure::test {
namespace {

void enroll(std::string_view body) {
  CHECK(ask("PUT", "/v1/agent/service/register", body).status == 200);
}
void deregister(const std::string& id) {
  CHECK(ask("PUT", "/v1/agent/service/deregister/" + id).status == 200);
}
bool has(const http_answer& answer, const std::string& text) {
  return answer.body.find(text) != std::string::npos;
}

/// The answer to a query of the catalog with that body.
std::string catalog_answer(const http_answer& answer, std::string_view body) {
  return "200 OK\nContent-Type: application/json\nVary: Accept-Encoding\n"
         "X-Consul-Effective-Consistency: leader\nX-Consul-Index: " +
         std::to_string(answer.index()) +
         "\nX-Consul-Knownleader: true\nX-Consul-Lastcontact: 0\n\n" + std::string(body);
}

/// The JSON of a check up to its indexes.
std::string check(const std::string& id, const std::string& status, const std::string& service,
                  const std::string& type, const std::string& times) {
  return R"({"Node":")" + server().node_name() + R"(","CheckID":")" + id +
         R"(","Name":"Service ')" + service + R"(' check","Status":")" + status +
         R"(","Notes":"","Output":"","ServiceID":")" + service + R"(","ServiceName":")" + service +
         R"(","ServiceTags":[],"Type":")" + type + R"(",)" +
         (newer() ? times + R"("ExposedPort":0,)" : std::string()) +
         R"("Definition":{},"CreateIndex":)";
}

}  // namespace

TEST_CASE("The node, by the catalog") {
  http_answer nodes = ask("GET", "/v1/catalog/nodes");
  // The server registers itself first, and its metadata a moment later.
  while (!has(nodes, "consul-network-segment")) {
    nodes = parked_query("/v1/catalog/nodes", nodes.index()).answer();
  }
  CHECK(seen(nodes) == catalog_answer(nodes, nodes.body));
  CHECK(has(nodes, R"(","Node":")" + server().node_name() +
                       R"(","Address":"127.0.0.1","Datacenter":"dc1","TaggedAddresses":{)"
                       R"("lan":"127.0.0.1","lan_ipv4":"127.0.0.1","wan":"127.0.0.1",)"
                       R"("wan_ipv4":"127.0.0.1"},"Meta":{"consul-network-segment":"")"));
  CHECK(nodes.body.starts_with(R"([{"ID":")"));
  CHECK(ask("GET", "/v1/catalog/datacenters").body == R"(["dc1"])");
  enroll(R"({"Name":"on-node"})");
  const http_answer node = ask("GET", "/v1/catalog/node/" + server().node_name());
  CHECK(seen(node) == catalog_answer(node, node.body));
  CHECK(node.body.starts_with(R"({"Node":{"ID":")"));
  CHECK(has(node, R"("on-node":{"ID":"on-node","Service":"on-node","Tags":[],"Address":"",)"
                  R"("Meta":null,)" +
                      std::string(by_version(R"("Port":0,)", "")) +
                      R"("Weights":{"Passing":1,"Warning":1},)"));
  deregister("on-node");
  CHECK(ask("GET", "/v1/catalog/node/elsewhere").body == "null");
}

TEST_CASE("The services, by the catalog") {
  enroll(R"({"Name":"listed","ID":"l1","Tags":["t"]})");
  enroll(R"({"Name":"listed","ID":"l2"})");
  enroll(R"({"Name":"bare"})");
  const http_answer services = ask("GET", "/v1/catalog/services");
  CHECK(seen(services) == catalog_answer(services, services.body));
  CHECK(has(services, R"("bare":[],)"));
  CHECK(has(services, R"("listed":["t"])"));
  parked_query changes("/v1/catalog/services", services.index());
  let_park();
  deregister("bare");
  CHECK_FALSE(has(changes.answer(), "bare"));
  for (const char* id : {"l1", "l2"}) deregister(id);
}

TEST_CASE("The checks, by node, service and state") {
  enroll(R"({"Name":"checked","Checks":[{"CheckID":"c-ttl","TTL":"100s"},)"
         R"({"CheckID":"c-pass","TTL":"100s","Status":"passing"}]})");
  const std::string no_times = R"("Interval":"","Timeout":"",)";
  const std::string critical = check("c-ttl", "critical", "checked", "ttl", no_times);
  const std::string passing = check("c-pass", "passing", "checked", "ttl", no_times);
  const http_answer of_service = ask("GET", "/v1/health/checks/CHECKED");
  CHECK(seen(of_service) == catalog_answer(of_service, of_service.body));
  CHECK(of_service.body.starts_with("[" + passing));
  CHECK(has(of_service, critical));
  const http_answer of_node = ask("GET", "/v1/health/node/" + server().node_name());
  CHECK(seen(of_node) == catalog_answer(of_node, of_node.body));
  CHECK(has(of_node, critical));
  CHECK(has(of_node, R"("CheckID":"serfHealth")"));
  CHECK(ask("GET", "/v1/health/node/elsewhere").body == "[]");
  const http_answer any = ask("GET", "/v1/health/state/any");
  CHECK(seen(any) == catalog_answer(any, any.body));
  CHECK((has(any, critical) && has(any, passing)));
  CHECK(has(ask("GET", "/v1/health/state/critical"), critical));
  CHECK_FALSE(has(ask("GET", "/v1/health/state/critical"), passing));
  CHECK(has(ask("GET", "/v1/health/state/passing"), R"("CheckID":"serfHealth")"));
  CHECK(ask("GET", "/v1/health/state/nonsense").body == "[]");

  parked_query fails("/v1/health/state/critical", any.index());
  let_park();
  CHECK(ask("PUT", "/v1/agent/check/fail/c-pass").status == 200);
  CHECK(has(fails.answer(), check("c-pass", "critical", "checked", "ttl", no_times)));
  deregister("checked");
}

TEST_CASE("Checks that the server would run are registered, with their first status") {
  // The intervals are longer than the test: Consul does not run the checks meanwhile.
  enroll(R"({"Name":"probed","Checks":[)"
         R"({"CheckID":"p-http","HTTP":"http://127.0.0.1:1/","Interval":"20m","Timeout":"1500ms",)"
         R"("Header":{"A":["b"]},"Method":"HEAD","TLSSkipVerify":true,"Status":"passing"},)"
         R"({"CheckID":"p-tcp","TCP":"127.0.0.1:1","Interval":"90m","Status":"warning"}]})");
  const http_answer checks = ask("GET", "/v1/health/checks/probed");
  CHECK(has(checks, check("p-http", "passing", "probed", "http",
                          R"("Interval":"20m0s","Timeout":"1.5s",)")));
  CHECK(has(checks, check("p-tcp", "warning", "probed", "tcp",
                          R"("Interval":"1h30m0s","Timeout":"",)")));
  CHECK(seen(ask("PUT", "/v1/agent/check/pass/p-http")) ==
        text_answer(500, "Internal Server Error",
                    "CheckID \"p-http\" does not have associated TTL"));
  deregister("probed");
  const std::string newer_check =
      R"({"Name":"probed","Check":{"UDP":"127.0.0.1:1","Interval":"20m","TLSServerName":"x",)"
      R"("FailuresBeforeWarning":1,"FailuresBeforeCritical":2}})";
  const http_answer udp = ask("PUT", "/v1/agent/service/register", newer_check);
  if (newer()) {
    CHECK(udp.status == 200);
    CHECK(has(ask("GET", "/v1/health/checks/probed"), R"("Type":"udp")"));
    deregister("probed");
  } else {
    CHECK(seen(udp) == text_answer(400, "Bad Request",
                                   "Request decode failed: json: unknown field \"UDP\""));
  }
}

TEST_CASE("Where a service runs: known to 1.21") {
  const char* const body =
      R"({"Name":"placed","SocketPath":"/run/x","Locality":{"Region":"r","Zone":"z"}})";
  const http_answer made = ask("PUT", "/v1/agent/service/register", body);
  if (!newer()) {
    CHECK(seen(made) == text_answer(400, "Bad Request",
                                    "Request decode failed: json: unknown field \"SocketPath\""));
    return;
  }
  CHECK(made.status == 200);
  const std::string locality = R"("Locality":{"Region":"r","Zone":"z"})";
  CHECK(has(ask("GET", "/v1/agent/service/placed"),
            R"(","Datacenter":"dc1",)" + locality + "}"));
  CHECK(has(ask("GET", "/v1/agent/services"), R"("Address":"","SocketPath":"/run/x","Weights")"));
  CHECK(has(ask("GET", "/v1/health/service/placed"),
            R"("Meta":null,"SocketPath":"/run/x","Weights":{"Passing":1,"Warning":1},)"
            R"("EnableTagOverride":false,)" + locality + R"(,"Proxy":)"));
  CHECK(has(ask("GET", "/v1/catalog/service/placed"),
            R"("ServiceConnect":{},"Service)" + locality.substr(1) + R"(,"CreateIndex":)"));
  deregister("placed");
}

TEST_CASE("?node-meta selects the node by its metadata") {
  enroll(R"({"Name":"selected","Check":{"TTL":"100s"}})");
  for (const char* target : {"/v1/health/service/selected", "/v1/catalog/service/selected",
                             "/v1/catalog/nodes", "/v1/health/checks/selected",
                             "/v1/health/state/any"}) {
    INFO(target);
    const std::string base = target + std::string("?node-meta=");
    CHECK(ask("GET", base + "none:x").body == "[]");
    CHECK(ask("GET", base + "consul-network-segment:x").body == "[]");
    CHECK(ask("GET", base + "consul-network-segment:&node-meta=none:x").body == "[]");
    CHECK(ask("GET", base + "consul-network-segment:").body == ask("GET", target).body);
  }
  CHECK(ask("GET", "/v1/catalog/services?node-meta=none:x").body == "{}");
  CHECK(has(ask("GET", "/v1/catalog/services?node-meta=consul-network-segment:"), "selected"));
  // This one ignores it.
  CHECK(has(ask("GET", "/v1/health/node/" + server().node_name() + "?node-meta=none:x"),
            "serfHealth"));
  deregister("selected");
}

TEST_CASE("Requests of the catalog that are invalid") {
  const auto missing = [](const char* target, const char* text) {
    CHECK(seen(ask("GET", target)) == text_answer(400, "Bad Request", text));
  };
  missing("/v1/health/node/", "Missing node name");
  missing("/v1/health/state/", "Missing check state");
  missing("/v1/health/checks/", "Missing service name");
  missing("/v1/catalog/node/", "Missing node name");
  missing("/v1/catalog/nodes?index=x", "Invalid index");
  CHECK(seen(ask("GET", "/v1/catalog/nodes?dc=elsewhere")) ==
        "500 Internal Server Error\nContent-Type: text/plain; charset=utf-8\n"
        "Vary: Accept-Encoding\nX-Consul-Index: 1\nX-Consul-Knownleader: false\n"
        "X-Consul-Lastcontact: 0\n\nNo path to datacenter");
}

TEST_CASE("The member and its versions of the protocols") {
  const http_answer members = ask("GET", "/v1/agent/members");
  CHECK(seen(members) == json_answer(members.body));
  const std::string end =
      R"("Status":1,"ProtocolMin":1,"ProtocolMax":5,"ProtocolCur":2,"DelegateMin":2,)"
      R"("DelegateMax":5,"DelegateCur":4})";
  CHECK(members.body.starts_with(R"([{"Name":")" + server().node_name() +
                                 R"(","Addr":"127.0.0.1","Port":)"));
  CHECK(members.body.ends_with(end + "]"));
  for (const char* tag : {R"("acls":"0")", R"("bootstrap":"1")", R"("dc":"dc1")",
                          R"("role":"consul")", R"("vsn":"2","vsn_max":"3","vsn_min":"2")"}) {
    CHECK(has(members, tag));
  }
  CHECK(has(ask("GET", "/v1/agent/self"), end));
  CHECK(has(ask("GET", "/v1/agent/members?wan=1"),
            R"([{"Name":")" + server().node_name() + R"(.dc1","Addr":"127.0.0.1","Port":)"));
}

}  // namespace tenure::test
