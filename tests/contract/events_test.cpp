// Events, coordinates, Connect's roots, and filters of the catalog's lists.
#include <catch2/catch_test_macros.hpp>

#include "contract.hpp"

namespace tenure::test {
namespace {

bool has(const http_answer& answer, const std::string& text) {
  return answer.body.find(text) != std::string::npos;
}

std::string refused(std::string_view text) {
  return text_answer(500, "Internal Server Error", text);
}

/// Events travel by gossip: waits until the list has one of that name.
http_answer listed(const std::string& name) {
  const std::string target = "/v1/event/list?name=" + name;
  http_answer events = ask("GET", target);
  while (events.body == "[]") events = parked_query(target, events.index()).answer();
  return events;
}

/// The refusal of a query that failed before it started.
std::string refused_query(std::string_view text) {
  return "500 Internal Server Error\nContent-Type: text/plain; charset=utf-8\n"
         "Vary: Accept-Encoding\nX-Consul-Index: 1\nX-Consul-Knownleader: false\n"
         "X-Consul-Lastcontact: 0\n\n" +
         std::string(text);
}

}  // namespace

TEST_CASE("Events are fired and listed") {
  CHECK(ask("GET", "/v1/event/list?name=e-none").body == "[]");
  CHECK(ask("GET", "/v1/event/list?name=e-none").index() == 1);
  const http_answer fired = ask("PUT", "/v1/event/fire/e-one?node=" + server().node_name(), "hi");
  CHECK(seen(fired) == json_answer(fired.body));
  const std::string event = R"(","Name":"e-one","Payload":"aGk=","NodeFilter":")" +
                            server().node_name() +
                            R"(","ServiceFilter":"","TagFilter":"","Version":1,"LTime":)";
  CHECK(fired.body.ends_with(event + "0}"));
  const http_answer first = listed("e-one");
  CHECK(first.body.starts_with("[" + fired.body.substr(0, 43) + event));
  CHECK(first.index() > 1);

  parked_query next("/v1/event/list?name=e-one", first.index());
  let_park();
  CHECK(ask("PUT", "/v1/event/fire/e-two").status == 200);
  CHECK(has(listed("e-two"), R"("Payload":null)"));
  CHECK(ask("PUT", "/v1/event/fire/e-one", "again").status == 200);
  const http_answer second = next.answer();
  CHECK(second.index() != first.index());
  CHECK(has(second, R"("Payload":"YWdhaW4=")"));
  CHECK_FALSE(has(second, "e-two"));
}

TEST_CASE("An event is kept only where its filters match") {
  CHECK(ask("PUT", "/v1/agent/service/register", R"({"Name":"e-web","Tags":["blue"]})").status ==
        200);
  for (const char* filter : {"node=elsewhere", "service=e-none", "service=e-web&tag=red"}) {
    CHECK(ask("PUT", "/v1/event/fire/e-other?" + std::string(filter)).status == 200);
  }
  CHECK(ask("PUT", "/v1/event/fire/e-mine?service=^e-w&tag=bl").status == 200);
  listed("e-mine");
  CHECK(ask("GET", "/v1/event/list?name=e-other").body == "[]");
  CHECK(ask("PUT", "/v1/agent/service/deregister/e-web").status == 200);

  CHECK(seen(ask("PUT", "/v1/event/fire/")) == text_answer(400, "Bad Request", "Missing name"));
  CHECK(seen(ask("PUT", "/v1/event/fire/e?tag=x")) ==
        refused("Cannot provide tag filter without service filter"));
  CHECK(seen(ask("PUT", "/v1/event/fire/e?node=(")) ==
        refused("Invalid node filter: error parsing regexp: missing closing ): `(`"));
  CHECK(seen(ask("PUT", "/v1/event/fire/e?service=a&tag=(")) ==
        refused("Invalid tag filter: error parsing regexp: missing closing ): `(`"));
  CHECK(seen(ask("PUT", "/v1/event/fire/e?dc=dc2")) == refused("No path to datacenter"));
  CHECK(seen(ask("GET", "/v1/event/list?index=x")) ==
        text_answer(400, "Bad Request", "Invalid index"));
}

TEST_CASE("Coordinates") {
  const std::string origin =
      R"("Coord":{"Vec":[0,0,0,0,0,0,0,0],"Error":1.5,"Adjustment":0,"Height":0.00001})";
  const http_answer centers = ask("GET", "/v1/coordinate/datacenters");
  CHECK(seen(centers) ==
        json_answer(R"([{"Datacenter":"dc1","AreaID":"wan","Coordinates":[{"Node":")" +
                    server().node_name() + R"(","Segment":"",)" + origin + "}]}]"));
  // Consul measures its own coordinate later.
  const http_answer nodes = ask("GET", "/v1/coordinate/nodes");
  CHECK(seen(nodes) == query_answer(nodes.index(), nodes.body));
  CHECK(seen(ask("GET", "/v1/coordinate/node/elsewhere")) ==
        "404 Not Found\nVary: Accept-Encoding\n\n");
  CHECK(seen(ask("PUT", "/v1/coordinate/update", R"({"Node":"x","Coord":{"Vec":[1]}})")) ==
        refused("incompatible coordinate"));
}

TEST_CASE("Connect's root, which clients wait for") {
  const http_answer roots = ask("GET", "/v1/connect/ca/roots");
  if (server().real() && !newer()) {
    // 1.8 has Connect only where it is configured. The agent as 1.8 shows a root all the same.
    CHECK(roots.body == "Connect must be enabled in order to use this endpoint");
    return;
  }
  CHECK(seen(roots) == query_answer(roots.index(), roots.body));
  CHECK(roots.body.starts_with(R"({"ActiveRootID":")"));
  CHECK(has(roots, std::string(R"("Name":"Consul CA )") + by_version("Root", "Primary") +
                       R"( Cert","SerialNumber":)"));
  CHECK(has(roots, R"("RootCert":"-----BEGIN CERTIFICATE-----\n)"));
  CHECK(has(roots, R"("IntermediateCerts":null,"Active":true,"PrivateKeyType":"ec",)"
                   R"("PrivateKeyBits":256,"CreateIndex":)"));
  CHECK(ask("GET", "/v1/agent/connect/ca/roots").body == roots.body);
}

TEST_CASE("Filters on the lists of the catalog and of health") {
  CHECK(ask("PUT", "/v1/agent/service/register",
            R"({"Name":"f-web","Tags":["t"],"Meta":{"k":"v"},"Check":{"TTL":"100s"}})")
            .status == 200);
  const std::string node = server().node_name();
  class filtered_list {
   public:
    std::string target;
    std::string matches;
    std::string differs;
    std::string wrong;
    std::string empty = "[]";
  };
  const filtered_list lists[] = {
      {"catalog/nodes", "Node==%22" + node + "%22", "Meta.none==x", "Nod==x"},
      {"catalog/service/f-web", "ServiceTags+contains+t", "ServiceMeta.k!=v", "Tags+contains+t"},
      {"health/service/f-web", "Checks.Status==critical+and+Node.Node==%22" + node + "%22",
       "Checks+is+empty", "Bogus==x"},
      {"health/service/f-web", "Checks.Status!=critical+and+Service.Meta.k==v",
       "Checks.Status==warning", "Checks.Bogus==x"},
      {"health/node/" + node, "CheckID==serfHealth", "CheckID==none", "Definition.HTTP==x"},
      {"health/state/any", "ServiceName==%22f-web%22", "ServiceName==none", "Stat==x"},
      {"health/checks/f-web", "Status==critical+and+ServiceTags+contains+t", "Status==passing",
       "Interv==x"},
  };
  for (const filtered_list& list : lists) {
    INFO(list.target << " " << list.matches);
    const std::string target = "/v1/" + list.target + "?filter=";
    CHECK(ask("GET", target + list.matches).body != list.empty);
    CHECK(ask("GET", target + list.matches).status == 200);
    CHECK(ask("GET", target + list.differs).body == list.empty);
    const http_answer wrong = ask("GET", target + list.wrong);
    const std::string selector = list.wrong.substr(0, list.wrong.find_first_of("=+"));
    const std::string text = "Failed to create boolean expression evaluator: Selector \"" +
                             (selector == "Definition.HTTP" ? "Definition" : selector) +
                             "\" is not valid";
    const bool streamed = newer() && list.target.starts_with("health/service");
    CHECK(seen(wrong) == (streamed ? refused(text) : refused_query(text)));
  }
  CHECK(seen(ask("GET", "/v1/health/service/f-web?filter=Node==x")) ==
        (newer() ? refused : refused_query)(
            "Failed to create boolean expression evaluator: Invalid match operator \"Equal\" for "
            "selector \"Node\""));
  CHECK(has(ask("GET", "/v1/catalog/node/" + node + "?filter=Service==none"),
            R"("Services":{}})"));
  CHECK(has(ask("GET", "/v1/catalog/node/" + node + "?filter=Service==consul"),
            R"("Services":{"consul":{)"));
  CHECK(ask("GET", "/v1/agent/checks?filter=Status==nothing").body == "{}");
  CHECK(has(ask("GET", "/v1/agent/checks?filter=ServiceName==%22f-web%22"), "service:f-web"));
  CHECK(seen(ask("GET", "/v1/agent/checks?filter=Stat==x")) ==
        refused("Selector \"Stat\" is not valid"));
  CHECK(ask("PUT", "/v1/agent/service/deregister/f-web").status == 200);
}

TEST_CASE("Filters that 1.8 ignores") {
  CHECK(ask("PUT", "/v1/agent/service/register", R"({"Name":"f-one"})").status == 200);
  const http_answer names = ask("GET", "/v1/catalog/services?filter=ServiceName==%22f-one%22");
  CHECK(has(names, R"("consul":[])") == !newer());
  CHECK(has(names, R"("f-one":[])"));
  CHECK(ask("GET", "/v1/catalog/services?filter=Bogus==x").status == by_version(200, 500));
  CHECK(ask("GET", "/v1/agent/members?filter=Status==1").body ==
        ask("GET", "/v1/agent/members").body);
  CHECK((ask("GET", "/v1/agent/members?filter=Tags.dc==none").body == "[]") == newer());
  CHECK(ask("GET", "/v1/agent/members?filter=Bogus==x").status == by_version(200, 500));
  CHECK(ask("PUT", "/v1/agent/service/deregister/f-one").status == 200);
}

}  // namespace tenure::test
