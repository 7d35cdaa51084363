// Checks by TTL, and sessions bound to checks.
#include <catch2/catch_test_macros.hpp>
#include <chrono>

#include "contract.hpp"

namespace tenure::test {
namespace {

struct wished {
  const char* body;
  const char* answer;
};

constexpr const char* done = "200 OK\nVary: Accept-Encoding\n\n";

void enroll(std::string_view body, std::string_view query = {}) {
  CHECK(seen(ask("PUT", "/v1/agent/service/register" + std::string(query), body)) == done);
}
void deregister(const std::string& id) {
  CHECK(seen(ask("PUT", "/v1/agent/service/deregister/" + id)) == done);
}
http_answer say(const std::string& what, const std::string& check) {
  return ask("PUT", "/v1/agent/check/" + what + "/" + check);
}
http_answer add_check(std::string_view body) {
  return ask("PUT", "/v1/agent/check/register", body);
}

/// The answer of 1.21 for an unknown check.
std::string unknown_check(const std::string& id) {
  return text_answer(404, "Not Found",
                     "Unknown check ID \"" + id +
                         "\". Ensure that the check ID is passed, not the check name.");
}

std::string name() { return server().node_name(); }

/// The JSON of a check, without its indexes. `time`: how 1.21 shows the times that it has not.
std::string shown(const std::string& id, const char* what, const char* status, const char* notes,
                  const std::string& output, const std::string& service, const char* tags,
                  const std::string& time = {}) {
  const std::string times =
      R"("Interval":")" + time + R"(","Timeout":")" + time + R"(","ExposedPort":0,)";
  return R"({"Node":")" + name() + R"(","CheckID":")" + id + R"(","Name":")" + what +
         R"(","Status":")" + status + R"(","Notes":")" + notes + R"(","Output":")" + output +
         R"(","ServiceID":")" + service + R"(","ServiceName":")" + service +
         R"(","ServiceTags":)" + tags + R"(,"Type":"ttl",)" +
         (newer() ? times : std::string()) +
         R"("Definition":{},"CreateIndex":)";
}

/// Whether the agent, or the catalog, shows that check.
bool agent_has(const std::string& check) {
  return ask("GET", "/v1/agent/checks").body.find(check + R"(0,"ModifyIndex":0})") !=
         std::string::npos;
}
bool catalog_has(const std::string& service, const std::string& check) {
  return ask("GET", "/v1/health/service/" + service).body.find(check) != std::string::npos;
}

std::uint64_t index_of(const std::string& service) {
  return ask("GET", "/v1/health/service/" + service).index();
}

std::string bound(const std::string& checks) {
  return make_session(R"({"LockDelay":0,"NodeChecks":[],"ServiceChecks":)" + checks + "}");
}
bool lives(const std::string& session) {
  return ask("GET", "/v1/session/info/" + session + "?consistent").body != "[]";
}

}  // namespace

TEST_CASE("A service's check starts critical and then follows its owner's reports") {
  enroll(R"({"Name":"said","Tags":["t"],"Check":{"CheckID":"said-1","TTL":"100s","Notes":"n",)"
         R"("DeregisterCriticalServiceAfter":"1m"}})");
  const auto check = [](const char* status, const std::string& output) {
    return shown("said-1", "Service 'said' check", status, "n", output, "said", R"(["t"])");
  };
  CHECK(agent_has(check("critical", "")));
  CHECK(catalog_has("said", check("critical", "")));
  CHECK(ask("GET", "/v1/health/service/said?passing").body == "[]");

  const std::uint64_t critical = index_of("said");
  CHECK(seen(say("pass", "said-1")) == done);
  const std::uint64_t passing = index_of("said");
  CHECK(passing > critical);
  CHECK(catalog_has("said", check("passing", "")));
  CHECK(ask("GET", "/v1/health/service/said?passing").body != "[]");
  CHECK(ask("GET", "/v1/health/service/said?passing=false").body != "[]");

  // A heartbeat is no write. Its note is in the agent at once and in the catalog later.
  CHECK(say("pass", "said-1").status == 200);
  CHECK(say("pass", "said-1?note=all%20well").status == 200);
  CHECK(index_of("said") == passing);
  CHECK(agent_has(check("passing", "all well")));
  CHECK(catalog_has("said", check("passing", "")));

  CHECK(seen(say("warn", "said-1?note=hm")) == done);
  CHECK(catalog_has("said", check("warning", "hm")));
  CHECK(ask("GET", "/v1/health/service/said?passing").body == "[]");
  CHECK(seen(say("fail", "said-1?note=%3C")) == done);
  CHECK(catalog_has("said", check("critical", R"(\u003c)")));
  CHECK(seen(ask("PUT", "/v1/agent/check/update/said-1",
                 R"({"Status":"passing","Output":"up"})")) == done);
  CHECK(catalog_has("said", check("passing", "up")));
  const std::string kept(4096, 'k');
  CHECK(ask("PUT", "/v1/agent/check/update/said-1",
            R"({"status":"warning","output":")" + std::string(5000, 'k') + "\"}")
            .status == 200);
  CHECK(catalog_has("said", check("warning", kept + " ... (captured 4096 of 5000 bytes)")));
  deregister("said");
  CHECK_FALSE(agent_has(check("warning", kept)));
  CHECK(say("pass", "said-1").status == by_version(500, 404));
}

TEST_CASE("Several checks of a service have given ids or numbers") {
  enroll(R"({"Name":"several","Check":{"TTL":"100s","CheckID":"several-x","Name":"nm"},)"
         R"("Checks":[{"TTL":"100s","Status":"passing"},{"TTL":100000000000}]})");
  const auto numbered = [](const std::string& id, const char* status) {
    return shown(id, "Service 'several' check", status, "", "", "several", "[]");
  };
  CHECK(catalog_has("several", shown("several-x", "nm", "critical", "", "", "several", "[]")));
  CHECK(catalog_has("several", numbered("service:several:2", "passing")));
  CHECK(catalog_has("several", numbered("service:several:3", "critical")));
  deregister("several");
  enroll(R"({"Name":"several","Check":{"TTL":"100s"}})");
  CHECK(catalog_has("several", numbered("service:several", "critical")));
  deregister("several");
}

TEST_CASE("Registering again keeps the other checks, unless it replaces them") {
  const char* with_check = R"({"Name":"again","Tags":["a"],"Check":{"CheckID":"again-1",)"
                           R"("TTL":"100s"}})";
  enroll(with_check);
  CHECK(say("pass", "again-1?note=o").status == 200);
  const auto check = shown("again-1", "Service 'again' check", "passing", "", "o", "again",
                           R"(["a"])");
  const std::uint64_t before = index_of("again");
  enroll(with_check);  // keeps its status
  CHECK(catalog_has("again", check));
  CHECK(index_of("again") == before);
  enroll(R"({"Name":"again","Tags":["b"]})");
  CHECK(catalog_has("again", check));  // with the tags at its registration
  CHECK(index_of("again") > before);
  enroll(R"({"Name":"again","Tags":["b"]})", "?replace-existing-checks=false");
  CHECK(catalog_has("again", check));
  enroll(R"({"Name":"again","Tags":["b"],"Check":{"TTL":"100s"}})",
         "?replace-existing-checks=true");
  CHECK_FALSE(catalog_has("again", "again-1"));
  CHECK(catalog_has("again", "service:again"));
  enroll(R"({"Name":"again","Tags":["b"]})", "?replace-existing-checks");
  CHECK_FALSE(catalog_has("again", "service:again"));
  deregister("again");
}

TEST_CASE("Checks registered alone, of a service and of the node") {
  enroll(R"({"Name":"own","Tags":["t"]})");
  CHECK(seen(add_check(R"({"ID":"own-1","Name":"of own","service_id":"own","TTL":"100s",)"
                       R"("Status":"passing","Notes":"n","Token":"t"})")) == done);
  const auto check = shown("own-1", "of own", "passing", "n", "", "own", R"(["t"])", "0s");
  CHECK(agent_has(check));
  CHECK(catalog_has("own", check));
  const std::uint64_t before = index_of("own");
  CHECK(seen(add_check(R"({"Name":"own node","TTL":"100s"})")) == done);
  CHECK(catalog_has("own", R"("Checks":[{"Node":")" + name() + R"(","CheckID":"own node")"));
  CHECK(index_of("own") > before);
  // A critical check of the node makes every service unhealthy.
  CHECK(ask("GET", "/v1/health/service/own?passing").body == "[]");
  CHECK(say("pass", "own%20node").status == 200);
  CHECK(ask("GET", "/v1/health/service/own?passing").body != "[]");
  CHECK(seen(ask("PUT", "/v1/agent/check/deregister/own%20node")) == done);
  CHECK(seen(ask("PUT", "/v1/agent/check/deregister/own%20node")) ==
        by_version<std::string>(done, unknown_check("own node")));
  CHECK_FALSE(catalog_has("own", "own node"));
  deregister("own");
  CHECK_FALSE(agent_has(check));
}

TEST_CASE("Invalid checks") {
  for (const wished& w : {
           wished{"{}", "Missing check name"},
           {R"({"Name":"x"})", "Invalid check: TTL must be > 0 for TTL checks"},
           {R"({"Name":"x","TTL":"10s","Status":"bad"})", "Bad check status"},
           {R"({"Name":"x","TTL":"10s","Interval":"1s"})",
            "Invalid check: Interval and TTL cannot both be specified"},
           {"", "Request decode failed: EOF"},
           {R"({"Name":1})", "Request decode failed: json: cannot unmarshal number into Go struct "
                             "field .Name of type string"},
           {R"({"Name":"x","TTL":"1x"})",
            "Request decode failed: time: unknown unit \"x\" in duration \"1x\""},
           {R"({"Name":"x","CheckID":"y"})",
            "Request decode failed: json: unknown field \"CheckID\""},
       }) {
    INFO(w.body);
    CHECK(seen(add_check(w.body)) == text_answer(400, "Bad Request", w.answer));
  }
  CHECK(seen(add_check(R"({"Name":"x","ServiceID":"nobody","TTL":"1s"})")) ==
        text_answer(by_version(500, 404), by_version("Internal Server Error", "Not Found"),
                    "ServiceID \"nobody\" does not exist"));
  const std::string unknown =
      by_version(text_answer(500, "Internal Server Error",
                             "CheckID \"nobody\" does not have associated TTL"),
                 unknown_check("nobody"));
  for (const char* what : {"pass", "warn", "fail"}) CHECK(seen(say(what, "nobody")) == unknown);
  CHECK(seen(ask("PUT", "/v1/agent/check/update/nobody", R"({"Status":"passing"})")) == unknown);
  for (const wished& w : {
           wished{R"({"Status":"x"})", "Invalid check status: 'x'"},
           {"null", "Invalid check status: ''"},
           {R"({"Status")", "Request decode failed: unexpected EOF"},
           {R"({"Statusx":"passing"})", "Request decode failed: json: unknown field \"Statusx\""},
           {R"({"Status":1})", "Request decode failed: json: cannot unmarshal number into Go "
                               "struct field checkUpdate.Status of type string"},
           {"[]", "Request decode failed: json: cannot unmarshal array into Go value of type "
                  "agent.checkUpdate"},
       }) {
    INFO(w.body);
    CHECK(seen(ask("PUT", "/v1/agent/check/update/nobody", w.body)) ==
          text_answer(400, "Bad Request", w.answer));
  }
  CHECK(seen(ask("PUT", "/v1/agent/check/deregister/")) ==
        by_version(text_answer(500, "Internal Server Error", "CheckID missing"),
                   unknown_check("")));
}

TEST_CASE("A check without reports for its TTL becomes critical") {
  using clock = std::chrono::steady_clock;
  const auto since = [](clock::time_point start) {
    return std::chrono::duration<double>(clock::now() - start).count();
  };
  enroll(R"({"Name":"silent","Check":{"CheckID":"silent-1","TTL":"700ms"}})");
  CHECK(say("pass", "silent-1?note=well").status == 200);
  const std::string session = bound(R"([{"ID":"silent-1"}])");
  CHECK(acquire("checks/silent", session, "v"));
  // A heartbeat postpones the end and wakes no query.
  parked_query freed("/v1/kv/checks/silent", show("checks/silent").modify_index);
  parked_query fails("/v1/health/service/silent", index_of("silent"));
  const auto last = clock::now();
  CHECK(say("pass", "silent-1?note=well").status == 200);
  CHECK(freed.answer().body.find(session) == std::string::npos);
  CHECK(since(last) >= 0.7);
  CHECK(since(last) < 60);  // Consul repeats a failed synchronisation after 15 to 30 s
  CHECK_FALSE(lives(session));
  CHECK(fails.answer().body.find(
            shown("silent-1", "Service 'silent' check", "critical", "",
                  "TTL expired (last output before timeout follows): well", "silent", "[]")) !=
        std::string::npos);
  CHECK(say("pass", "silent-1").status == 200);  // reports work again, but the session has ended
  CHECK_FALSE(lives(session));
  deregister("silent");
}

TEST_CASE("Sessions show their checks") {
  enroll(R"({"Name":"bound","Check":{"CheckID":"bound-1","TTL":"100s","Status":"passing"}})");
  for (const wished& w : {
           wished{R"({"NodeChecks":[],"ServiceChecks":[{"ID":"bound-1"}]})",
                  R"("NodeChecks":[],"ServiceChecks":[{"ID":"bound-1","Namespace":""}],"Cr)"},
           {R"({"NodeChecks":["bound-1"],"ServiceChecks":[{"ID":"serfHealth"},)"
            R"({"id":"BOUND-1","Namespace":"x"}]})",
            R"("NodeChecks":["bound-1"],"ServiceChecks":[{"ID":"serfHealth","Namespace":""},)"
            R"({"ID":"BOUND-1","Namespace":"x"}],"Cr)"},
           {R"({"Checks":["bound-1"]})",
            R"("NodeChecks":["serfHealth"],"ServiceChecks":null,"Checks":["bound-1"],"Cr)"},
           {R"({"Checks":["serfHealth","bound-1"]})", R"(,"Checks":["serfHealth","bound-1"],"Cr)"},
           {R"({"Checks":["bound-1"],"NodeChecks":[]})",
            R"("NodeChecks":[],"ServiceChecks":null,"Cr)"},
       }) {
    INFO(w.body);
    const std::string id = make_session(w.body);
    CHECK(ask("GET", "/v1/session/info/" + id).body.find(w.answer) != std::string::npos);
    destroy_session(id);
  }
  CHECK(say("fail", "bound-1").status == 200);
  for (const wished& w : {
           wished{R"({"NodeChecks":[],"ServiceChecks":[{"ID":"bound-1"}]})",
                  "Check 'bound-1' is in critical state"},
           {R"({"NodeChecks":["BOUND-1"]})", "Check 'BOUND-1' is in critical state"},
           {R"({"Checks":["bound-1"]})", "Check 'bound-1' is in critical state"},
           {R"({"ServiceChecks":[{"ID":"nobody"}]})", "Missing check 'nobody' registration"},
           {R"({"ServiceChecks":[null]})",
            by_version("Missing check '' registration",
                       "failed check lookup: index error: object is missing a value for this "
                       "index")},
           {R"({"Checks":["nobody"],"NodeChecks":["bound-1"]})",
            "Missing check 'nobody' registration"},
       }) {
    INFO(w.body);
    CHECK(seen(ask("PUT", "/v1/session/create", w.body)) ==
          text_answer(500, "Internal Server Error",
                      std::string(by_version("", "apply failed: ")) + w.answer));
  }
  for (const wished& w : {
           wished{R"({"ServiceChecks":["bound-1"]})",
                  "json: cannot unmarshal string into Go struct field .ServiceChecks of type "
                  "structs.ServiceCheck"},
           {R"({"ServiceChecks":[{"ID":1}]})",
            "json: cannot unmarshal number into Go struct field ServiceCheck.ServiceChecks.ID of "
            "type string"},
       }) {
    INFO(w.body);
    CHECK(seen(ask("PUT", "/v1/session/create", w.body)) ==
          text_answer(400, "Bad Request", std::string("Request decode failed: ") + w.answer));
  }
  deregister("bound");
}

TEST_CASE("A session ends when its check is critical, deregistered, or gone with its service") {
  enroll(R"({"Name":"ends","Checks":[{"CheckID":"ends-1","TTL":"100s","Status":"passing"},)"
         R"({"CheckID":"ends-2","TTL":"100s","Status":"passing"},)"
         R"({"CheckID":"ends-3","TTL":"100s","Status":"passing"}]})");
  const std::string one = bound(R"([{"ID":"ends-1"}])");
  const std::string two = bound(R"([{"ID":"ends-2"}])");
  const std::string both = bound(R"([{"ID":"ENDS-2"},{"ID":"ends-1"}])");
  const std::string three = bound(R"([{"ID":"ends-3"}])");
  const std::string by_node_checks = make_session(R"({"NodeChecks":["ends-2"]})");
  CHECK(acquire("checks/one", one, "v"));
  CHECK(acquire("checks/one-more", one, "v"));
  const std::uint64_t held = show("checks/one").modify_index;
  parked_query freed("/v1/kv/checks/one", held);
  let_park();
  CHECK(say("warn", "ends-1").status == 200);
  CHECK(lives(one));
  CHECK(say("fail", "ends-1").status == 200);
  const http_answer free = freed.answer();
  CHECK(free.index() > held);
  CHECK(show("checks/one").session.empty());
  CHECK(show("checks/one").value == "v");
  CHECK(show("checks/one-more").modify_index == free.index());  // all at once
  CHECK(ask("GET", "/v1/session/list").index() == free.index());
  CHECK_FALSE(lives(one));
  CHECK_FALSE(lives(both));
  CHECK(lives(two));
  CHECK(ask("PUT", "/v1/agent/check/deregister/ends-2").status == 200);
  CHECK_FALSE(lives(two));
  CHECK_FALSE(lives(by_node_checks));
  CHECK(lives(three));
  deregister("ends");
  CHECK_FALSE(lives(three));
}

}  // namespace tenure::test
