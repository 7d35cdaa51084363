// The services of an agent: registering, reading, watching, deregistering.
#include <catch2/catch_test_macros.hpp>

#include "contract.hpp"

namespace tenure::test {
namespace {

struct wished {
  const char* body;
  const char* answer;
};

http_answer enroll(std::string_view body, std::string_view query = {}) {
  return ask("PUT", "/v1/agent/service/register" + std::string(query), body);
}

void deregister(const std::string& id) {
  CHECK(seen(ask("PUT", "/v1/agent/service/deregister/" + id)) ==
        "200 OK\nVary: Accept-Encoding\n\n");
}

std::string services(const std::string& name) {
  return ask("GET", "/v1/agent/services?filter=Service%3D%3D%22" + name + "%22").body;
}

/// The answer of 1.21 for an unknown service.
std::string unknown_service(const std::string& id) {
  return text_answer(404, "Not Found",
                     "Unknown service ID \"" + id +
                         "\". Ensure that the service ID is passed, not the service name.");
}

/// The part of `text` from `from` up to and including `to`.
std::string part(const std::string& text, const std::string& from, const std::string& to) {
  const std::size_t start = text.find(from);
  if (start == text.npos) return "no " + from + " in " + text;
  return text.substr(start, text.find(to, start) + to.size() - start);
}

/// The node in the answers of catalog and health, which differs between servers.
std::string health_services(const http_answer& answer) {
  std::string found;
  for (std::size_t at = answer.body.find("\"Service\":{"); at != std::string::npos;
       at = answer.body.find("\"Service\":{", at + 1)) {
    found += answer.body.substr(at, answer.body.find(",\"Checks\":", at) - at) + "\n";
  }
  return found;
}

/// The end of a service in the answers of the agent, and the start of a proxy's in the catalog's.
std::string datacenter() { return by_version("", R"(,"Datacenter":"dc1")"); }
std::string no_proxy() {
  return by_version(R"({"MeshGateway":{},"Expose":{}})",
                    R"({"Mode":"","MeshGateway":{},"Expose":{}})");
}
std::string node_meta() {
  if (!newer()) return R"({"consul-network-segment":""})";
  const std::string version = part(ask("GET", "/v1/agent/self").body, R"("Version":")", "\",");
  return R"({"consul-network-segment":"","consul-v)" + version.substr(2, version.size() - 3) + "}";
}

constexpr const char* plain_weights = R"("Weights":{"Passing":1,"Warning":1})";

}  // namespace

TEST_CASE("A service is registered, shown and deregistered") {
  CHECK(seen(enroll(R"({"Name":"plain"})")) == "200 OK\nVary: Accept-Encoding\n\n");
  const std::string shown =
      R"({"ID":"plain","Service":"plain","Tags":[],"Meta":{},"Port":0,"Address":"",)" +
      std::string(plain_weights) + R"(,"EnableTagOverride":false)" + datacenter() + "}";
  CHECK(services("plain") == R"({"plain":)" + shown + "}");
  CHECK(seen(enroll(R"({"ID":"full1","Name":"full","Tags":["b","a","b"],"Address":"10.0.0.1",)"
                    R"("Port":8000,"Meta":{"z":"<","a-b":"x"},"EnableTagOverride":true,)"
                    R"("Weights":{"Passing":10,"Warning":0},"Token":"t",)"
                    R"("TaggedAddresses":{"lan":{"Address":"1.2.3.4","Port":1}}})")) ==
        "200 OK\nVary: Accept-Encoding\n\n");
  const std::string addresses =
      R"("TaggedAddresses":{"lan":{"Address":"1.2.3.4","Port":1},)"
      R"("lan_ipv4":{"Address":"10.0.0.1","Port":8000},)"
      R"("wan_ipv4":{"Address":"10.0.0.1","Port":8000}})";
  CHECK(services("full") ==
        R"({"full1":{"ID":"full1","Service":"full","Tags":["b","a","b"],)"
        R"("Meta":{"a-b":"x","z":"\u003c"},"Port":8000,"Address":"10.0.0.1",)" +
            addresses +
            R"(,"Weights":{"Passing":10,"Warning":0},"EnableTagOverride":true)" + datacenter() +
            "}}");

  const http_answer health = ask("GET", "/v1/health/service/full");
  const std::string index = std::to_string(health.index());
  CHECK(seen(health) ==
        "200 OK\nContent-Type: application/json\nVary: Accept-Encoding\n"
        "X-Consul-Effective-Consistency: leader\nX-Consul-Index: " + index +
            "\nX-Consul-Knownleader: true\nX-Consul-Lastcontact: 0\n\n" + health.body);
  CHECK(health_services(health) ==
        R"("Service":{"ID":"full1","Service":"full","Tags":["b","a","b"],"Address":"10.0.0.1",)" +
            addresses +
            R"(,"Meta":{"a-b":"x","z":"\u003c"},"Port":8000,)"
            R"("Weights":{"Passing":10,"Warning":0},"EnableTagOverride":true,)"
            R"("Proxy":)" + no_proxy() + R"(,"Connect":{},)" +
            by_version("", R"("PeerName":"",)") + R"("CreateIndex":)" + index +
            R"(,"ModifyIndex":)" + index + "}\n");
  CHECK(part(health.body, "[{\"Node\":{", "\"Address\"").find(server().node_name()) !=
        std::string::npos);
  CHECK(part(health.body, R"("Datacenter")", R"("CreateIndex")") ==
        R"("Datacenter":"dc1","TaggedAddresses":{"lan":"127.0.0.1","lan_ipv4":"127.0.0.1",)"
        R"("wan":"127.0.0.1","wan_ipv4":"127.0.0.1"},"Meta":)" + node_meta() +
            R"(,"CreateIndex")");
  CHECK(part(health.body, R"("Checks":)", R"("CreateIndex")") ==
        R"("Checks":[{"Node":")" + server().node_name() +
            R"(","CheckID":"serfHealth","Name":"Serf Health Status","Status":"passing",)"
            R"("Notes":"","Output":"Agent alive and reachable","ServiceID":"","ServiceName":"",)"
            R"("ServiceTags":[],"Type":"",)" +
            by_version("", R"("Interval":"","Timeout":"","ExposedPort":0,)") +
            R"("Definition":{},"CreateIndex")");
  const http_answer catalog = ask("GET", "/v1/catalog/service/full");
  CHECK(catalog.index() == health.index());
  CHECK(part(catalog.body, R"("NodeMeta")", "}]") ==
        R"("NodeMeta":)" + node_meta() + R"(,"ServiceKind":"","ServiceID":"full1",)"
        R"("ServiceName":"full","ServiceTags":["b","a","b"],"ServiceAddress":"10.0.0.1",)"
        R"("Service)" + addresses.substr(1) +
            R"(,"ServiceWeights":{"Passing":10,"Warning":0},)"
            R"("ServiceMeta":{"a-b":"x","z":"\u003c"},"ServicePort":8000,)" +
            by_version("", R"("ServiceSocketPath":"",)") +
            R"("ServiceEnableTagOverride":true,"ServiceProxy":)" + no_proxy() +
            R"(,"ServiceConnect":{},)" + by_version("", R"("ServiceLocality":null,)") +
            R"("CreateIndex":)" + index + R"(,"ModifyIndex":)" + index + "}]");

  http_answer one = ask("GET", "/v1/agent/service/plain");
  CHECK(one.header("Content-Type") == "application/json");
  const std::string hash(one.header("X-Consul-Contenthash"));
  CHECK(hash.size() == 16);  // the hash function is the server's own
  const std::string end = datacenter() + "}";
  CHECK(one.body ==
        shown.substr(0, shown.size() - end.size()) + R"(,"ContentHash":")" + hash + "\"" + end);
  deregister("plain");
  CHECK(seen(ask("PUT", "/v1/agent/service/deregister/plain")) ==
        by_version<std::string>("200 OK\nVary: Accept-Encoding\n\n", unknown_service("plain")));
  deregister("full1");
  CHECK(services("plain") == "{}");
  CHECK(seen(ask("GET", "/v1/agent/service/plain")) ==
        text_answer(404, "Not Found", "unknown service ID: plain"));
  CHECK(ask("GET", "/v1/health/service/full").body == "[]");
  CHECK(ask("GET", "/v1/catalog/service/full").body == "[]");
}

TEST_CASE("Unusual but valid services") {
  for (const wished& w : {
           wished{R"({"name":"odd","enable_tag_override":true,)"
                  R"("tagged_addresses":{"x":{"address":"","port":-1}}})",
                  R"("Port":0,"Address":"","TaggedAddresses":{"x":{"Address":"","Port":-1}},)"
                  R"("Weights":{"Passing":1,"Warning":1},"EnableTagOverride":true)"},
           {R"({"Name":"odd","ID":"","Tags":null,"Meta":null,"Weights":null,"Check":{},)"
            R"("Checks":null,"Proxy":null,"Connect":null} and more)",
            R"({"ID":"odd","Service":"odd","Tags":[],"Meta":{},"Port":0,)"},
           {R"({"Name":"odd","Port":70000,"Address":"::1"})",
            R"("Port":70000,"Address":"::1","TaggedAddresses":{)"
            R"("lan_ipv6":{"Address":"::1","Port":70000},)"
            R"("wan_ipv6":{"Address":"::1","Port":70000}})"},
           {R"({"Name":"odd","Address":"example.org"})", R"("Address":"example.org","Weights")"},
           {R"({"Name":"odd","Kind":"k","Port":1,"Connect":{"Native":true}})",
            R"({"Kind":"k","ID":"odd",)"},
           {R"({"Name":"odd","Port":1,"Connect":{"Native":true}})",
            R"("EnableTagOverride":false,"Connect":{"Native":true})"},
       }) {
    INFO(w.body);
    CHECK(enroll(w.body).status == 200);
    const std::string shown = services("odd");
    INFO(shown);
    CHECK(shown.find(w.answer) != std::string::npos);
  }
  const http_answer native = enroll(R"({"Name":"odd","Connect":{"Native":true}})");
  CHECK(seen(native) ==
        by_version(std::string("200 OK\nVary: Accept-Encoding\n\n"),
                   text_answer(400, "Bad Request",
                               "Validation failed: 1 error occurred:\n\t* Port or SocketPath must "
                               "be set for a Connect native service.\n\n")));
  deregister("odd");
  CHECK(enroll(R"({"Name":"a b/\u00fc"})").status == 200);
  deregister("a%20b/%C3%BC");
  CHECK(ask("GET", "/v1/agent/services").body.find("a b/") == std::string::npos);
}

TEST_CASE("Invalid services") {
  for (const wished& w : {
           wished{"null", "Missing service name"},
           {R"({"ID":"x"})", "Missing service name"},
           {R"({"Name":"x","Address":"0.0.0.0"})", "Invalid service address"},
           {R"({"Name":"x","Address":"::"})", "Invalid service address"},
           {R"({"Name":"x","Weights":{}})", "Invalid Weights: Passing must be greater than 0"},
           {R"({"Name":"x","Weights":{"Passing":1,"Warning":-3}})",
            "Invalid Weights: Warning must be greater or equal than 0"},
           {R"({"Name":"x","Meta":{"a b":"1"}})", "Invalid Service Meta: Couldn't load metadata "
                                                  "pair ('a b', '1'): Key contains invalid "
                                                  "characters"},
           {R"({"Name":"x","Meta":{"":"1"}})",
            "Invalid Service Meta: Couldn't load metadata pair ('', '1'): Key cannot be blank"},
           {R"({"Name":"x","Meta":{"consul-x":"1"}})",
            "Invalid Service Meta: Couldn't load metadata pair ('consul-x', '1'): Key prefix "
            "'consul-' is reserved for internal use"},
           {R"({"Name":"x","Check":{"TTL":"1s","Status":"bad"}})",
            "Status for checks must 'passing', 'warning', 'critical'"},
           {R"({"Name":"x","Checks":[{"TTL":"1s","Status":"bad"},{}]})",
            "Invalid check: TTL must be > 0 for TTL checks"},
           {R"({"Name":"x","Checks":[{"TTL":"-1s"}]})",
            "Invalid check: TTL must be > 0 for TTL checks"},
           {R"({"Name":"x","Check":{"TTL":"1s","HTTP":"http://x","Interval":"1s"}})",
            "Invalid check: Interval and TTL cannot both be specified"},
           {R"({"Name":"x","Check":{"HTTP":"http://x"}})",
            by_version("Invalid check: Interval must be > 0 for Script, HTTP, or TCP checks",
                       "Invalid check: Interval must be > 0 for Script, HTTP, H2PING, TCP, UDP or "
                       "OSService checks")},
           {R"({"Name":"x","Check":{"TTL":"1s","AliasService":"y"}})",
            "Invalid check: TTL must be not be set for Alias checks"},
           {R"({"Name":"x","Check":{"TTL":"1s","OutputMaxSize":-1}})",
            "Invalid check: MaxOutputMaxSize must be positive"},
       }) {
    INFO(w.body);
    CHECK(seen(enroll(w.body)) == text_answer(400, "Bad Request", w.answer));
  }
  for (const wished& w : {
           wished{"", "EOF"},
           {"{", "unexpected EOF"},
           {"[]", "json: cannot unmarshal array into Go value of type struct { "
                  "EnableTagOverrideSnake bool \"json:\\\"enable_tag_override\\\"\"; "
                  "TaggedAddressesSnake map[string]structs.ServiceAddress "
                  "\"json:\\\"tagged_addresses\\\"\"; *structs.Alias }"},
           {R"({"Name":1})", "json: cannot unmarshal number into Go struct field .Name of type "
                             "string"},
           {R"({"Name":"x","Port":"80"})",
            "json: cannot unmarshal string into Go struct field .Port of type int"},
           {R"({"Name":"x","Port":80.5})",
            "json: cannot unmarshal number 80.5 into Go struct field .Port of type int"},
           {R"({"Name":"x","Tags":"x"})",
            "json: cannot unmarshal string into Go struct field .Tags of type []string"},
           {R"({"Name":"x","Tags":[1]})",
            "json: cannot unmarshal number into Go struct field .Tags of type string"},
           {R"({"Name":"x","Meta":[]})", "json: cannot unmarshal array into Go struct field "
                                         ".Meta of type map[string]string"},
           {R"({"Name":"x","Meta":{"x":1}})",
            "json: cannot unmarshal number into Go struct field .Meta of type string"},
           {R"({"Name":"x","EnableTagOverride":"true"})",
            "json: cannot unmarshal string into Go struct field .EnableTagOverride of type bool"},
           {R"({"Name":"x","TaggedAddresses":{"lan":{"Port":"x"}}})",
            "json: cannot unmarshal string into Go struct field "
            "ServiceAddress.TaggedAddresses.Port of type int"},
           {R"({"Name":"x","TaggedAddresses":{"x":1}})",
            "json: cannot unmarshal number into Go struct field .TaggedAddresses of type "
            "structs.ServiceAddress"},
           {R"({"Name":"x","Weights":3})",
            "json: cannot unmarshal number into Go struct field .Weights of type "
            "structs.Weights"},
           {R"({"Name":"x","Weights":{"Passing":"x"}})",
            "json: cannot unmarshal string into Go struct field Weights.Weights.Passing of type "
            "int"},
           {R"({"Name":"x","Nonsense":1})", "json: unknown field \"Nonsense\""},
           {R"({"Name":"x","Namespace":""})", "json: unknown field \"Namespace\""},
           {R"({"Name":"x","Weights":{"Passing":1,"x":1}})", "json: unknown field \"x\""},
           {R"({"Name":"x","Checks":{"TTL":"1s"}})",
            "json: cannot unmarshal object into Go struct field .Checks of type "
            "structs.CheckTypes"},
           {R"({"Name":"x","Checks":[{"Name":1}]})",
            "json: cannot unmarshal number into Go struct field .Checks of type string"},
           {R"({"Name":"x","Checks":[{"TTL":"1s","ID":"x"}]})", "json: unknown field \"ID\""},
           {R"({"Name":"x","Check":{"TTL":"10"}})",
            "time: missing unit in duration \"10\""},
           {R"({"Name":"x","Check":{"TTL":"1s","DeregisterCriticalServiceAfter":"x"}})",
            "time: invalid duration \"x\""},
           {R"({"Name":"x","Check":[]})",
            "json: cannot unmarshal array into Go struct field .Check of type struct { Interval "
            "interface {}; Timeout interface {}; TTL interface {}; "
            "DeregisterCriticalServiceAfter interface {}; Args []string \"json:\\\"args\\\"\"; "
            "ScriptArgsSnake []string \"json:\\\"script_args\\\"\"; "
            "DeregisterCriticalServiceAfterSnake interface {} "
            "\"json:\\\"deregister_critical_service_after\\\"\"; DockerContainerIDSnake string "
            "\"json:\\\"docker_container_id\\\"\"; TLSSkipVerifySnake bool "
            "\"json:\\\"tls_skip_verify\\\"\"; ServiceID string \"json:\\\"ServiceID\\\"\"; "
            "ServiceIDSnake string \"json:\\\"service_id\\\"\"; *structs.Alias }"},
       }) {
    INFO(w.body);
    CHECK(seen(enroll(w.body)) ==
          text_answer(400, "Bad Request", std::string("Request decode failed: ") + w.answer));
  }
  CHECK(services("x") == "{}");
}

TEST_CASE("Invalid requests for services") {
  CHECK(seen(ask("PUT", "/v1/agent/service/deregister/")) ==
        by_version(text_answer(500, "Internal Server Error", "ServiceID missing"),
                   unknown_service("")));
  CHECK(seen(ask("GET", "/v1/agent/service/")) ==
        text_answer(404, "Not Found", "unknown service ID: "));
  const int moved = ask("PUT", "/v1/agent/service/deregister").status;
  CHECK((moved == 301 || (newer() && moved == 307)));  // by the release of Go
  const std::string not_allowed =
      "405 Method Not Allowed\nAllow: OPTIONS,PUT\nContent-Type: text/plain; charset=utf-8\n"
      "Vary: Accept-Encoding\n\nmethod GET not allowed";
  CHECK(seen(ask("GET", "/v1/agent/service/register")) == not_allowed);
  CHECK(seen(ask("GET", "/v1/agent/check/pass/x")) == not_allowed);
  const std::string no_namespaces =
      text_answer(400, "Bad Request",
                  std::string(by_version("Bad request: ", "")) +
                      "Invalid query parameter: \"ns\" - Namespaces are a Consul Enterprise "
                      "feature");
  for (const char* target : {"services", "checks", "service/x"}) {
    CHECK(seen(ask("GET", "/v1/agent/" + std::string(target) + "?ns=x")) == no_namespaces);
  }
  for (const char* target : {"service/register", "service/deregister/x", "check/register",
                             "check/pass/x"}) {
    CHECK(seen(ask("PUT", "/v1/agent/" + std::string(target) + "?ns=x", "{}")) == no_namespaces);
  }
  CHECK(seen(ask("GET", "/v1/agent/services?filter=%zz")) ==
        "500 Internal Server Error\nVary: Accept-Encoding\n\n");
  CHECK(ask("GET", "/v1/agent/services?index=5&wait=x&dc=x").status == 200);
  for (const char* place : {"health", "catalog"}) {
    const std::string base = "/v1/" + std::string(place) + "/service/";
    CHECK(seen(ask("GET", base)) == text_answer(400, "Bad Request", "Missing service name"));
    CHECK(seen(ask("GET", base + "x?index=y")) ==
          text_answer(400, "Bad Request", "Invalid index"));
    const bool of_query = !newer() || std::string_view(place) == "catalog";
    CHECK(seen(ask("GET", base + "x?dc=y")) ==
          "500 Internal Server Error\nContent-Type: text/plain; charset=utf-8\n"
          "Vary: Accept-Encoding\n" +
              std::string(of_query ? "X-Consul-Index: 1\nX-Consul-Knownleader: false\n"
                                     "X-Consul-Lastcontact: 0\n"
                                   : "") +
              "\nNo path to datacenter");
    CHECK(ask("GET", base + "x?stale").header("X-Consul-Effective-Consistency") == "stale");
    CHECK(ask("GET", base + "x?consistent").header("X-Consul-Effective-Consistency") ==
          "consistent");
  }
  CHECK(seen(ask("GET", "/v1/health/service/x?passing=x")) ==
        text_answer(400, "Bad Request", "Invalid value for ?passing"));
}

TEST_CASE("Services are found by name and tag, in the order of their ids") {
  for (const char* body : {R"({"Name":"Many","ID":"B","Tags":["x","Y"]})",
                           R"({"Name":"Many","ID":"a","Tags":["x"]})",
                           R"({"Name":"Many","ID":"c"})"}) {
    CHECK(enroll(body).status == 200);
  }
  const auto ids = [](const std::string& target) {
    std::string found;
    const std::string body = ask("GET", target).body;
    const std::string key = target.find("catalog") != target.npos ? "\"ServiceID\":\""
                                                                  : "\"Service\":{\"ID\":\"";
    for (std::size_t at = body.find(key); at != body.npos; at = body.find(key, at + 1)) {
      const std::size_t start = at + key.size();
      if (body[start] != '"') found += body.substr(start, body.find('"', start) - start);
    }
    return found;
  };
  CHECK(ids("/v1/health/service/Many") == "aBc");
  CHECK(ids("/v1/health/service/mANY") == "aBc");
  CHECK(ids("/v1/catalog/service/many") == "aBc");
  CHECK(ids("/v1/health/service/many?tag=x") == "aB");
  CHECK(ids("/v1/health/service/many?tag=X&tag=y") == "B");
  CHECK(ids("/v1/catalog/service/many?tag=y") == "B");
  CHECK(ids("/v1/health/service/many?passing") == "aBc");
  for (const char* id : {"B", "a", "c"}) deregister(id);
}

TEST_CASE("A watcher of a service sees it appear, change and disappear") {
  const std::string target = "/v1/health/service/watched";
  const std::uint64_t before = ask("GET", target).index();
  parked_query comes(target, before);
  let_park();
  put("services/unrelated", "v");
  CHECK(ask("GET", target).index() == before);
  CHECK(enroll(R"({"Name":"watched","ID":"w1"})").status == 200);
  const std::uint64_t came = comes.answer().index();
  CHECK(came > before);
  CHECK(enroll(R"({"Name":"watched","ID":"w1"})").status == 200);
  CHECK(ask("GET", target).index() == came);  // nothing changed
  parked_query changes(target, came);
  let_park();
  CHECK(enroll(R"({"Name":"watched","ID":"w1","Tags":["t"]})").status == 200);
  const http_answer changed = changes.answer();
  CHECK(changed.index() > came);
  CHECK(changed.header("X-Consul-Query-Backend") == by_version("", "streaming"));
  CHECK(changed.header("X-Consul-Knownleader") == by_version("true", "false"));
  CHECK(changed.body.find(R"("Tags":["t"])") != std::string::npos);
  parked_query goes(target, changed.index());
  let_park();
  deregister("w1");
  const http_answer gone = goes.answer();
  CHECK(gone.body == "[]");
  CHECK(gone.index() > changed.index());
  put("services/unrelated", "w");
  CHECK(ask("GET", target).index() == gone.index());
  CHECK(ask("GET", "/v1/health/service/never-was").index() == gone.index());
}

}  // namespace tenure::test
