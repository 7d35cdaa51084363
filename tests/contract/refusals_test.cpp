// Refused requests, with Consul's texts.
#include <catch2/catch_test_macros.hpp>

#include "contract.hpp"

namespace tenure::test {
namespace {

struct refused {
  const char* method;
  const char* target;
  int status;
  const char* text;
};

const char* reason(int status) {
  switch (status) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    default: return "Internal Server Error";
  }
}

}  // namespace

TEST_CASE("Invalid parameters") {
  put("no/k", "x");
  const char* const session = "?acquire=11111111-1111-1111-1111-111111111111";
  const std::string unknown = std::string("/v1/kv/no/k") + session;
  for (const refused& r : {
           refused{"GET", "/v1/kv/", 400, "Missing key name"},
           {"PUT", "/v1/kv/", 400, "Missing key name"},
           {"DELETE", "/v1/kv/", 400, "Missing key name"},
           {"GET", "/v1/kv/no/k?consistent&stale", 400,
            "Cannot specify ?stale with ?consistent, conflicting semantics."},
           {"GET", "/v1/kv/no/k?cached&consistent", 400,
            "Cannot specify ?cached with ?consistent, conflicting semantics."},
           {"GET", "/v1/kv/no/k?consistent&max_stale=1s", 400,
            "Cannot specify ?stale with ?consistent, conflicting semantics."},
           {"GET", "/v1/kv/no/k?max_stale=5", 400, "Invalid max_stale value \"5\""},
           {"GET", "/v1/kv/no/k?index=1&wait=10", 400, "Invalid wait time"},
           {"GET", "/v1/kv/no/k?wait=1d", 400, "Invalid wait time"},
           {"GET", "/v1/kv/no/k?index=x", 400, "Invalid index"},
           {"GET", "/v1/kv/no/k?index=-1", 400, "Invalid index"},
           {"GET", "/v1/kv/no/k?index=18446744073709551616", 400, "Invalid index"},
           {"PUT", "/v1/kv/no/k?wait=x", 400, "Invalid wait time"},
           {"GET", "/v1/kv/no/k?dc=elsewhere", 500, "No path to datacenter"},
           {"GET", "/v1/kv/no/k?ns=some", 400,
            by_version("Bad request: Invalid query parameter: \"ns\" - Namespaces are a Consul "
                       "Enterprise feature",
                       "Invalid query parameter: \"ns\" - Namespaces are a Consul Enterprise "
                       "feature")},
           {"PUT", "/v1/session/create?ns=some", 400,
            by_version("Bad request: Invalid query parameter: \"ns\" - Namespaces are a Consul "
                       "Enterprise feature",
                       "Invalid query parameter: \"ns\" - Namespaces are a Consul Enterprise "
                       "feature")},
           {"GET", "/v1/session/info/x?ns=some&dc=elsewhere", 400,
            by_version("Bad request: Invalid query parameter: \"ns\" - Namespaces are a Consul "
                       "Enterprise feature",
                       "Invalid query parameter: \"ns\" - Namespaces are a Consul Enterprise "
                       "feature")},
           {"PUT", "/v1/kv/no/k?cas=1&acquire=2", 400,
            by_version("Conflicting flags: acquire=2&cas=1",
                       "Conflicting flags: acquire=2&cas=1\n")},
           {"PUT", "/v1/kv/no/k?release=a%20b&acquire=%2F", 400,
            by_version("Conflicting flags: acquire=%2F&release=a+b",
                       "Conflicting flags: acquire=%2F&release=a+b\n")},
           {"DELETE", "/v1/kv/no/k?recurse&cas=1", 400,
            by_version("Conflicting flags: cas=1&recurse=", "Conflicting flags: cas=1&recurse=\n")},
           {"PUT", "/v1/kv/no/k?flags=xx", 500,
            "strconv.ParseUint: parsing \"xx\": invalid syntax"},
           {"PUT", "/v1/kv/no/k?flags=18446744073709551616", 500,
            "strconv.ParseUint: parsing \"18446744073709551616\": value out of range"},
           {"PUT", "/v1/kv/no/k?cas=", 500, "strconv.ParseUint: parsing \"\": invalid syntax"},
           {"DELETE", "/v1/kv/no/k?cas=x", 500, "strconv.ParseUint: parsing \"x\": invalid syntax"},
           {"PUT", "/v1/kv/no/k?acquire=", 500,
            by_version("missing session", "raft apply failed: missing session")},
           {"PUT", "/v1/kv/no/k?release=", 500,
            by_version("missing session", "raft apply failed: missing session")},
           {"PUT", "/v1/kv/no/k?acquire=zz", 500,
            by_version("failed session lookup: index error: UUID must be 36 characters",
                       "raft apply failed: invalid session \"zz\"")},
           {"PUT", unknown.c_str(), 500,
            by_version("invalid session \"11111111-1111-1111-1111-111111111111\"",
                       "raft apply failed: invalid session "
                       "\"11111111-1111-1111-1111-111111111111\"")},
           {"GET", "/v1/session/info/", 400, "Missing session"},
           {"PUT", "/v1/session/renew/", 400, "Missing session"},
           {"PUT", "/v1/session/destroy/", 400, "Missing session"},
           {"GET", "/v1/session/node/", 400, "Missing node name"},
           {"PUT", "/v1/session/renew/zz", by_version(500, 404),
            by_version("failed session lookup: index error: UUID must be 36 characters",
                       "Session id 'zz' not found")},
           {"PUT", "/v1/session/renew/11111111-1111-1111-1111-111111111111", 404,
            "Session id '11111111-1111-1111-1111-111111111111' not found"},
       }) {
    INFO(r.method << " " << r.target);
    CHECK(seen(ask(r.method, r.target)) == text_answer(r.status, reason(r.status), r.text));
  }
  CHECK(ask("GET", "/v1/kv/no/k?raw&ns=&dc=&max_stale=0s&consistent").body == show("no/k").value);
  // An unknown session releases like a session that is not the holder.
  CHECK(seen(ask("PUT", "/v1/kv/no/k?release=zz", "x")) == json_answer("false"));
  CHECK(seen(ask("PUT", "/v1/kv/no/missing?release=zz", "x")) == json_answer("false"));
  CHECK(show("no/k").value == "x");
}

TEST_CASE("An invalid session id is an error in 1.8, and an unknown session since") {
  const char* const destroy = "/v1/session/destroy/";
  for (const refused& r : {
           refused{"PUT", "zz", 500,
                   "failed session lookup: index error: UUID must be 36 characters"},
           {"PUT", "11111111-1111-1111-1111-1111111111zz", 500,
            "failed session lookup: index error: Invalid UUID: encoding/hex: invalid byte: U+007A "
            "'z'"},
       }) {
    CHECK(seen(ask(r.method, destroy + std::string(r.target))) ==
          by_version(text_answer(r.status, reason(r.status), r.text), json_answer("true")));
  }
  if (newer()) {
    const http_answer unknown = ask("GET", "/v1/session/info/zz");
    CHECK(seen(unknown) == query_answer(unknown.index(), "[]"));
    return;
  }
  // The refusal has the headers of a query.
  CHECK(seen(ask("GET", "/v1/session/info/zz")) ==
        "500 Internal Server Error\nContent-Type: text/plain; charset=utf-8\n"
        "Vary: Accept-Encoding\nX-Consul-Index: 1\nX-Consul-Knownleader: false\n"
        "X-Consul-Lastcontact: 0\n\n"
        "failed session lookup: index error: UUID must be 36 characters");
}

TEST_CASE("Methods") {
  const auto not_allowed = [](const char* method, const char* target, const char* allowed) {
    INFO(method << " " << target);
    CHECK(seen(ask(method, target)) ==
          std::string("405 Method Not Allowed\nAllow: OPTIONS,") + allowed +
              "\nContent-Type: text/plain; charset=utf-8\nVary: Accept-Encoding\n\n" +
              (std::string(method) == "HEAD" ? ""
                                             : std::string("method ") + method + " not allowed"));
  };
  not_allowed("POST", "/v1/kv/no/k", "GET,PUT,DELETE");
  not_allowed("HEAD", "/v1/kv/no/k", "GET,PUT,DELETE");
  not_allowed("GET", "/v1/txn", "PUT");
  not_allowed("GET", "/v1/session/create", "PUT");
  not_allowed("GET", "/v1/session/destroy/x", "PUT");
  not_allowed("GET", "/v1/session/renew/x", "PUT");
  not_allowed("PUT", "/v1/session/info/x", "GET");
  not_allowed("PUT", "/v1/session/list", "GET");
  not_allowed("PUT", "/v1/status/leader", "GET");
  CHECK(seen(ask("OPTIONS", "/v1/kv/no/k")) ==
        "200 OK\nAllow: OPTIONS,GET,PUT,DELETE\nVary: Accept-Encoding\n\n");
}

TEST_CASE("Paths that are not clean are redirected; unknown paths are not found") {
  // Go 1.26 redirects with another status, so a Consul 1.21 does one or the other.
  const bool temporary = newer() && (!server().real() || ask("GET", "/v1/kv").status == 307);
  const std::string how = temporary ? "Temporary Redirect" : "Moved Permanently";
  const std::string status = (temporary ? "307 " : "301 ") + how;
  const auto moved = [&](const char* target, const std::string& to) {
    INFO(target);
    CHECK(seen(ask("GET", target)) ==
          status + "\nContent-Type: text/html; charset=utf-8\nLocation: " + to +
              "\n\n<a href=\"" + to + "\">" + how + "</a>.\n\n");
  };
  // A key cannot start with a slash: a client that follows the redirect reads another key.
  moved("/v1/kv//no/k", "/v1/kv/no/k");
  moved("/v1/kv/no//k?raw", "/v1/kv/no/k?raw");
  moved("/v1/kv/no/../k", "/v1/kv/k");
  moved("/v1/kv/no/./k", "/v1/kv/no/k");
  if (newer()) {
    // Go since 1.22 cleans the escaped path, and escapes it again.
    CHECK(ask("GET", "/v1/kv/no%2F%2Fk%20x").status == 404);
    moved("/v1/kv/no//k%20x", "/v1/kv/no/k%2520x");
  } else {
    moved("/v1/kv/no%2F%2Fk%20x", "/v1/kv/no/k%20x");
    moved("/v1/kv/no//k%20x", "/v1/kv/no/k%20x");
  }
  moved("/v1/kv", "/v1/kv/");
  CHECK(seen(ask("PUT", "/v1/kv//no/k", "x")) ==
        status + "\nLocation: /v1/kv/no/k\n\n");
  CHECK(seen(ask("GET", "/")) ==
        "200 OK\nContent-Type: text/plain; charset=utf-8\n\nConsul Agent" +
            std::string(by_version("",
                                   ": UI disabled. To enable, set ui_config.enabled=true in the "
                                   "agent configuration and restart.")));
  const std::string plain = "404 Not Found\nContent-Type: text/plain; charset=utf-8\n\n";
  CHECK(seen(ask("GET", "/v1/nothing")) ==
        by_version<std::string>(
            "404 Not Found\n\n",
            plain + "Invalid URL path: not a recognized HTTP API endpoint\n"));
  CHECK(seen(ask("GET", "/nothing")) ==
        by_version<std::string>("404 Not Found\n\n",
                                plain + "Invalid URL path: if attempting to use the HTTP API, "
                                        "ensure the path starts with '/v1/'\n"));
  CHECK(seen(ask("GET", "/v1/kv/no/k?x=%zz")) ==
        "500 Internal Server Error\nVary: Accept-Encoding\n\n");
}

TEST_CASE("A semicolon in a query separates parameters in 1.8, and is refused since") {
  put("no/semicolon", "v");
  const http_answer answer = ask("GET", "/v1/kv/no/semicolon?raw;x=1");
  if (newer()) {
    CHECK(seen(answer) == "500 Internal Server Error\nVary: Accept-Encoding\n\n");
  } else {
    CHECK(answer.body == "v");
  }
}

TEST_CASE("Too large bodies") {
  const std::string large(512 * 1024 + 1, 'x');
  const std::string page =
      by_version("https://www.consul.io/docs/agent/options.html",
                 "https://developer.hashicorp.com/docs/agent/config/config-files");
  CHECK(seen(connect().ask("PUT", "/v1/kv/no/large", large)) ==
        text_answer(413, "Request Entity Too Large",
                    "Request body(524289 bytes) too large, max size: 524288 bytes. See " + page +
                        "#kv_max_value_size."));
  CHECK(seen(connect().ask("PUT", "/v1/txn", large)) ==
        text_answer(413, "Request Entity Too Large",
                    "Request body(524289 bytes) too large, max size: 524288 bytes. See " + page +
                        "#txn_max_req_len."));
  CHECK_FALSE(show("no/large").exists);
}

TEST_CASE("The identity of the server") {
  CHECK(seen(ask("GET", "/v1/status/leader")) ==
        json_answer("\"" + server().advertised() + "\""));
  CHECK(seen(ask("GET", "/v1/status/peers")) ==
        json_answer("[\"" + server().advertised() + "\"]"));
  const http_answer self = ask("GET", "/v1/agent/self");
  CHECK(self.status == 200);
  CHECK(self.header("Content-Type") == "application/json");
  CHECK(self.body.starts_with(R"({"Config":{"Datacenter":"dc1",)" +
                              std::string(by_version("", R"("PrimaryDatacenter":"dc1",)")) +
                              R"("NodeName":")" + server().node_name() + R"(","NodeID":")"));
  CHECK(self.body.find(by_version(R"(,"Server":true,"Version":"1.8.)",
                                  R"(,"Server":true,"Version":"1.21.)")) != std::string::npos);
  CHECK(self.body.find(R"(},"DebugConfig":{)") != std::string::npos);
  CHECK(self.body.find(R"("Member":{"Name":")" + server().node_name() + '"') !=
        std::string::npos);
}

}  // namespace tenure::test
