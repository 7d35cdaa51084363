// The configuration of a sidecar, from its file and from the environment.
#include <catch2/catch_test_macros.hpp>
#include <map>

#include "common/duration.hpp"
#include "common/options.hpp"
#include "sidecar/config/env_config.hpp"
#include "sidecar/config/file.hpp"
#include "sidecar/http/config.hpp"
#include "sidecar_config_fixture.hpp"

namespace tenure::test {
namespace {

using namespace std::chrono_literals;

/// "LINE: TEXT" of each error.
std::vector<std::string> errors_of(const std::string& text) {
  apps::config_errors errors;
  sidecar::read_config(text, consul_config(), errors);
  std::vector<std::string> list;
  for (const apps::config_error& e : errors.take()) {
    list.push_back(std::to_string(e.line) + ": " + e.text);
  }
  return list;
}

using variables = std::map<std::string, std::string>;

config from(const variables& v) {
  return sidecar::config_from_environment(
      [&](const char* name) {
        const auto found = v.find(name);
        return found == v.end() ? std::nullopt : std::optional(found->second);
      },
      consul_config());
}

std::string error_of(const variables& v) {
  try {
    from(v);
  } catch (const std::runtime_error& e) {
    return e.what();
  }
  return "";
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("A file with all options") {
  const config c = read(R"(
consul: {address: "10.0.0.1:8501", datacenter: dc2, connections: 10, sessions: 3}
log: {level: debug, format: json}
defaults: {value: host-b, span: 5s, ttl: 20s, guarantee: 3s}
http:
  listen: [":4040", "unix:///run/s.sock"]
  probe: 127.0.0.1:4041
  metrics: "[::1]:4042"
  election: mail
  ui: false
  connections: 100
  connections_per_client: 10
  requests_per_second: 50
  header_bytes: 2000
  write_timeout: 3s
  request_timeout: 4s
  idle_timeout: 30s
  heartbeat: 20s
  streams_per_client: 70
  proxies: [10.0.0.7, "fd00::/8"]
elections:
  - name: db
  - {name: mail, key: mail/lock, value: me, span: 9s, lock_delay: 1s, stop_budget: 2s}
)");
  CHECK(c.consul.address() == "10.0.0.1:8501");
  CHECK(c.consul.access().datacenter() == "dc2");
  CHECK(c.sessions == 3);
  CHECK(c.level == log_level::debug);
  CHECK(c.json_log);
  REQUIRE(c.http);
  CHECK(c.http->listen == std::vector<std::string>{":4040", "unix:///run/s.sock"});
  CHECK(c.http->probe == "127.0.0.1:4041");
  CHECK(c.http->election == "mail");
  CHECK(!c.http->ui);
  CHECK(c.http->header_bytes == 2000);
  CHECK(c.http->write_timeout == 3s);
  CHECK(c.http->request_timeout == 4s);
  CHECK(c.http->idle_timeout == 30s);
  CHECK(c.http->heartbeat == 20s);
  CHECK(c.http->streams_per_client == 70);
  REQUIRE(c.http->proxies.size() == 2);
  CHECK(c.http->proxies[0].contains(std::string_view("\x0a\x00\x00\x07", 4)));
  REQUIRE(c.elections.size() == 2);
  const auto& db = c.elections[0].options;
  CHECK(db.name == "db");
  CHECK(db.key == "service/db/leader");
  CHECK(db.candidacy.value() == "host-b");
  CHECK(db.candidacy.span() == 5s);
  CHECK(db.candidacy.ttl() == 20s);
  CHECK(db.candidacy.lock_delay() == 5s);
  CHECK(db.guarantee == duration(3s));
  const auto& mail = c.elections[1].options;
  CHECK(mail.key == "mail/lock");
  CHECK(mail.candidacy.value() == "me");
  CHECK(mail.candidacy.span() == 9s);
  CHECK(mail.candidacy.ttl() == 20s);
  CHECK(mail.candidacy.lock_delay() == 1s);
  CHECK(mail.candidacy.stop_budget() == 2s);
}

TEST_CASE("Where Consul is, and as whom to ask it") {
  const config c = read(R"(
consul:
  address: https://consul.example:8501
  ca_file: /tls/ca.pem
  ca_path: /tls/authorities
  client_cert: /tls/cert.pem
  client_key: /tls/key.pem
  tls_server_name: server.dc1.consul
  token_command: vault read -field=token consul/creds/db
  token_command_interval: 1m
  namespace: team
  partition: north
  stale: true
elections: [{name: db}]
)");
  REQUIRE(c.consul.tls());
  CHECK(c.consul.tls()->ca_file() == "/tls/ca.pem");
  CHECK(c.consul.tls()->ca_path() == "/tls/authorities");
  CHECK(c.consul.tls()->client_cert() == "/tls/cert.pem");
  CHECK(c.consul.tls()->client_key() == "/tls/key.pem");
  CHECK(c.consul.tls()->server_name() == "server.dc1.consul");
  CHECK(c.token_command == "vault read -field=token consul/creds/db");
  CHECK(c.token_command_interval == 1min);
  CHECK(c.consul.access().name_space() == "team");
  CHECK(c.consul.access().partition() == "north");
  CHECK(c.stale);
}

TEST_CASE("Every error in the section of Consul is reported with its line") {
  CHECK(errors_of(R"(elections: [{name: db}]
consul:
  ca_file: /tls/ca.pem
  token_file: /no/such/token
  token_command: "true"
  token_command_interval: 10ms
  stale: perhaps
)") == std::vector<std::string>{
             "3: consul: ca_file: TLS is off: give the address as https://host:port",
             "4: consul: token_file: the file \"/no/such/token\" cannot be read (No such file or "
             "directory): name a file that holds the token",
             "5: consul: token_command: leave out token_file beside it",
             "6: consul: token_command_interval: is below 1s: use 1s or more",
             "7: consul: stale: 'perhaps' is neither true nor false"});
  CHECK(errors_of("consul: {token_command_interval: 1m}\nelections: [{name: db}]\n") ==
        std::vector<std::string>{
            "1: consul: token_command_interval: there is no token_command"});
}

TEST_CASE("By default there is no HTTP server, and the value is the name of the host") {
  const config c = read("elections: [{name: db}]");
  CHECK(!c.http);
  CHECK(!c.level);
  CHECK(c.elections[0].options.candidacy.value() == apps::host_name());
  const auto http = read("elections: [{name: db}]\nhttp: {}").http;
  REQUIRE(http);
  CHECK(http->listen == std::vector<std::string>{"localhost:4040"});
  CHECK(http->heartbeat == 15s);
  CHECK(http->connections_per_client == 256);
  CHECK(read("elections: [{name: db}]\nhttp: {heartbeat: 0s}").http->heartbeat == 0s);
}

TEST_CASE("Every error of a file is reported with its line") {
  using list = std::vector<std::string>;
  CHECK(errors_of("") == list{"1: the file is empty: it needs elections:"});
  CHECK(errors_of("elections: []") == list{"1: the file: elections: is not a list of elections"});
  CHECK(errors_of("http: {}").front() ==
        "1: the file: elections: is missing: the list of elections");
  CHECK(has(errors_of("elections: [").front(), "not YAML"));
  CHECK(errors_of("elections: [{name: a}]\n---\nx: y").front() ==
        "3: a second document: a file has one sidecar");
  const list many = errors_of(R"(elections:
  - name: a
    span: soon
    colour: red
  - name: a
  - key: /x
  - name: b/c
  - name: d
    key: service/a/leader
  - name: e
    ttl: 1s
  - name:
http:
  listen: nowhere
  connections: 1
  ui: perhaps
  write_timeout: 1h
  request_timeout: 0s
  idle_timeout: 1us
  heartbeat: 100ms
  proxies: localhost
  election: other
)");
  const list parts{
      "3: election 'a': span: 'soon' is not a duration",
      "4: unknown key 'colour' in election 'a' (known: name, key, value, span,",
      "5: election 'a': key: 'service/a/leader' is the key of line 2 already",
      "5: election 'a': name: line 2 has the same name",
      "6: an election: name: is missing",
      "6: an election: key: '/x' begins with a slash: leave it out",
      "7: election 'b/c': name: 'b/c' is not a name",
      "9: election 'd': key: 'service/a/leader' is the key of line 2 already",
      "11: election 'e': ttl 1s is out of range",
      "12: 'name' has no value in an election",
      "14: http: listen: 'nowhere' is not an address",
      "15: http: connections: '1' is not a number from 8",
      "16: http: ui: 'perhaps' is neither true nor false",
      "17: http: write_timeout: is out of range: choose 100ms to 10m",
      "18: http: request_timeout: is out of range: choose 100ms to 10m",
      "19: http: idle_timeout: is out of range: choose 100ms to 24h",
      "20: http: heartbeat: is out of range: choose 1s to 1h, or 0s for none",
      "21: http: proxies: 'localhost' is not an address: write it as 10.0.0.7, 10.0.0.0/8",
      "22: http: election: there is no election 'other'"};
  for (std::size_t i = 0; i < std::max(many.size(), parts.size()); ++i) {
    INFO((i < many.size() ? many[i] : "nothing") << "\n" << (i < parts.size() ? parts[i] : "?"));
    CHECK((i < many.size() && i < parts.size() && many[i].starts_with(parts[i])));
  }
}

TEST_CASE("A key that no program can use is an error of the file") {
  using list = std::vector<std::string>;
  const auto of = [](const std::string& election) {
    return errors_of("elections:\n  - {name: ok, key: r/ok}\n  - {name: app, " + election + "}\n");
  };
  CHECK(of("key: r/b") == list{});
  CHECK(of("key: r/../b") ==
        list{"3: election 'app': key: 'r/../b' cannot be a key (a key cannot have . or .. between "
             "slashes): use another"});
  CHECK(of(R"(key: "r/a\nb")") ==
        list{"3: election 'app': key: 'r/a\\nb' cannot be a key (Consul refuses the character "
             "U+000A in a key): use another"});
  const list zero = of(R"(key: "r/a\0b")");
  REQUIRE(zero.size() == 1);
  CHECK(zero.front().find("has a NUL") != std::string::npos);
  const list large = of("key: " + std::string(600'000, 'k'));
  REQUIRE(large.size() == 1);
  CHECK(large.front().ends_with("has 600000 bytes: a key has at most 16384"));
  CHECK(large.front().size() < 300);
  CHECK(of("key: r/b, group: r/../g") ==
        list{"3: election 'app': group: 'r/../g' cannot be a key (a key cannot have . or .. "
             "between slashes): use another"});
  CHECK(of("key: r/b, hooks: {dir: /tmp, settings: /s}") ==
        list{"3: hooks of app: settings: '/s' begins with a slash: leave it out"});
  const std::string taken = "' is the key of the election of line ";
  CHECK(of("key: r/b, hooks: {dir: /tmp, settings: r/ok}") ==
        list{"3: election 'app': settings: 'r/ok" + taken + "2: use another"});
  CHECK(of("key: r/b, hooks: {dir: /tmp, settings: r/b}") ==
        list{"3: election 'app': settings: 'r/b" + taken + "3: use another"});
  CHECK(of("key: r/b, command: {run: x, health: {http: 'http://[::1/x'}}") ==
        list{"3: health of app: http: 'http://[::1/x' has no host and port that can be used: write "
             "http://HOST:PORT/PATH, an IPv6 address in brackets"});
}

TEST_CASE("An error in a value is reported with the line of the value") {
  using list = std::vector<std::string>;
  const auto first = [](const std::string& text) {
    const list all = errors_of(text);
    return all.empty() ? std::string() : all.front();
  };
  CHECK(first("defaults:\n  span: 25h\nelections:\n  - name: a\n") ==
        "2: election 'a': span 1d1h is out of range: choose 500ms to 24h");
  CHECK(first("elections:\n  - name: a\n    lock_delay:\n      90s\n") ==
        "4: election 'a': lock-delay 1m30s is out of range: Consul takes 0s to 60s");
  CHECK(has(first("elections:\n  - name: a\n    span: 3s\n    stop_budget: 3s\n"),
            "4: election 'a': stop budget 3s is out of range for span 3s"));
  CHECK(has(first("control: {}\nelections:\n  - name: a\n    span: 15s\n"),
            "4: election 'a': guarantee: 30s cannot be promised with a span of 15s"));
  CHECK(has(first("http:\n  listen:\n    - :4040\n    - nowhere\nelections: [{name: a}]\n"),
            "4: http: listen: 'nowhere' is not an address"));
  CHECK(has(first("http:\n  listen:\n    - :4040\n    - {}\nelections: [{name: a}]\n"),
            "4: http: listen: is neither a string nor a list"));
  CHECK(has(first("elections:\n  - name: a\n    group:\n      prefix: g\n      member: a/b\n"),
            "5: election 'a': group: "));
}

TEST_CASE("A file has to be UTF-8") {
  const auto one = [](std::string text) {
    const auto all = errors_of(text);
    return all.size() == 1 ? all.front() : std::to_string(all.size()) + " errors";
  };
  CHECK(one("elections:\n  - name: a\n    value: \xc3\xa9\xff\n") ==
        "3: is not UTF-8 at \\xff: save the file as UTF-8");
  CHECK(one(std::string("elections:\n  - {name: a}\n\0", 26)) ==
        "3: has a NUL: it has to be text in UTF-8");
}

TEST_CASE("The log levels of logrus") {
  const auto level = [](const char* name) {
    return *from({{"ELECTOR_ELECTION", "a"}, {"ELECTOR_LOG_LEVEL", name}}).level;
  };
  CHECK(level("panic") == log_level::error);
  CHECK(level("FATAL") == log_level::error);
  CHECK(level("error") == log_level::error);
  CHECK(level("warn") == log_level::warn);
  CHECK(level("Warning") == log_level::warn);
  CHECK(level("info") == log_level::info);
  CHECK(level("Debug") == log_level::debug);
  CHECK(level("trace") == log_level::trace);
  CHECK(error_of({{"ELECTOR_ELECTION", "a"}, {"ELECTOR_LOG_LEVEL", "loud"}}) ==
        "ELECTOR_LOG_LEVEL: 'loud' is no level: use panic, fatal, error, warn or warning, info, "
        "debug or trace");
}

TEST_CASE("A variable whose value cannot work is named") {
  const auto error = [](const char* name, const char* value) {
    return error_of({{"ELECTOR_ELECTION", "a"}, {name, value}});
  };
  CHECK(error("TENURE_SPAN", "25h") ==
        "TENURE_SPAN: span 1d1h is out of range: choose 500ms to 24h");
  CHECK(error("TENURE_TTL", "5s") == "TENURE_TTL: ttl 5s is out of range: Consul takes 10s to 24h");
  CHECK(has(error("TENURE_LOCK_DELAY", "61s"), "TENURE_LOCK_DELAY: lock-delay 1m1s"));
  CHECK(has(error("TENURE_GRACE", "1h"), "TENURE_GRACE: stop budget 1h"));
  CHECK(error("TENURE_VALUE", "a\xff") ==
        "TENURE_VALUE: is not UTF-8: \"a\\xff\"; encode other bytes, for example as base64");
  CHECK(has(error("TENURE_KEY", "\xff"), "TENURE_KEY: is not UTF-8"));
}

TEST_CASE("The environment of the nais elector") {
  const config c = from({{"ELECTOR_ELECTION", "my-app"}});
  REQUIRE(c.elections.size() == 1);
  CHECK(c.elections[0].options.name == "my-app");
  CHECK(c.elections[0].options.key == "service/my-app/leader");
  CHECK(c.elections[0].options.candidacy.value() == apps::host_name());
  REQUIRE(c.http);
  CHECK(c.http->listen == std::vector<std::string>{"localhost:4040"});
  CHECK(c.http->heartbeat == 0s);  // the elector has none
  CHECK(c.elections[0].outputs.empty());

  const config all = from({{"ELECTOR_ELECTION", "my-app"},
                           {"ELECTOR_ELECTION_NAMESPACE", "team"},
                           {"ELECTOR_HTTP", ":6060"},
                           {"ELECTOR_PROBE_ADDRESS", "127.0.0.1:8081"},
                           {"ELECTOR_METRICS_ADDRESS", "127.0.0.1:8082"},
                           {"ELECTOR_LOG_FORMAT", "json"},
                           {"ELECTOR_LOG_LEVEL", "Warning"},
                           {"TENURE_VALUE", "pod-1"},
                           {"TENURE_HEARTBEAT", "20s"},
                           {"TENURE_SPAN", "4s"}});
  CHECK(all.elections[0].options.key == "service/team/my-app/leader");
  CHECK(all.elections[0].options.candidacy.value() == "pod-1");
  CHECK(all.elections[0].options.candidacy.span() == 4s);
  CHECK(all.http->listen == std::vector<std::string>{":6060"});
  CHECK(all.http->probe == "127.0.0.1:8081");
  CHECK(all.http->metrics == "127.0.0.1:8082");
  CHECK(all.http->heartbeat == 20s);
  CHECK(all.json_log);
  CHECK(all.level == log_level::warn);
}

TEST_CASE("The environment of consul-leader, alone and together with the elector's") {
  const variables service{{"CONSUL_LEADER_SERVICE_NAME", "db"}, {"NOMAD_ALLOC_ID", "0a1b"}};
  const config c = from(service);
  CHECK(c.elections[0].options.name == "db");
  CHECK(c.elections[0].options.key == "consul-leader/db/lock");
  CHECK(c.elections[0].outputs.size() == 1);
  CHECK(!c.http);
  CHECK(c.level == log_level::warn);
  variables both = service;
  both["ELECTOR_HTTP"] = ":4040";
  CHECK(from(both).http);
  CHECK(from(both).elections[0].options.key == "consul-leader/db/lock");
}

TEST_CASE("An invalid environment is an error that names the variable") {
  CHECK(has(error_of({}), "ELECTOR_ELECTION"));
  CHECK(has(error_of({{"ELECTOR_ELECTION", "a b"}}), "ELECTOR_ELECTION: 'a b' is not a name"));
  CHECK(error_of({{"ELECTOR_ELECTION", "a"}, {"TENURE_HEARTBEAT", "1ms"}}) ==
        "TENURE_HEARTBEAT: is out of range: choose 1s to 1h, or 0s for none");
  CHECK(has(error_of({{"ELECTOR_ELECTION", "a"}, {"ELECTOR_HTTP", "http://x"}}),
            "ELECTOR_HTTP: 'http://x' is not an address"));
  CHECK(has(error_of({{"ELECTOR_ELECTION", "a"}, {"ELECTOR_LOG_FORMAT", "xml"}}),
            "ELECTOR_LOG_FORMAT: 'xml'"));
  CHECK(has(error_of({{"ELECTOR_ELECTION", "a"}, {"ELECTOR_LOG_LEVEL", "loud"}}),
            "ELECTOR_LOG_LEVEL"));
  CHECK(has(error_of({{"ELECTOR_ELECTION", "a"}, {"TENURE_SPAN", "1"}}), "TENURE_SPAN: '1'"));
  CHECK(has(error_of({{"ELECTOR_ELECTION", "a"}, {"TENURE_KEY", "/a"}}), "TENURE_KEY"));
  for (const char* const name : {"TENURE_HTTP_TOKEN", "TENURE_HTTP_TOKEN_FILE"}) {
    CHECK(error_of({{"ELECTOR_ELECTION", "a"}, {name, ""}}) ==
          std::string(name) + " is empty: give a token, or unset it");
  }
  CHECK(has(error_of({{"CONSUL_LEADER_KEY", "a"}}), "NOMAD_ALLOC_ID"));
}

}  // namespace tenure::test
