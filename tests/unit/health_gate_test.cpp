// When a leader that does not work gives up, and when it stands again.
#include <catch2/catch_test_macros.hpp>

#include "sidecar/command_config.hpp"
#include "sidecar/health_gate.hpp"
#include "sidecar/probe.hpp"

using namespace tenure;
using namespace tenure::sidecar;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{1h};

health_rules rules(bool always = false) {
  health_rules r;
  r.crashes = 3;
  r.failures = 2;
  r.cool_down = 60s;
  r.probed_always = always;
  return r;
}

std::string complaint(const std::string& yaml) {
  mistakes found;
  read_command(YAML::Load(yaml), election_terms("db", "k", candidacy("v")), found);
  const auto list = found.take();
  return list.empty() ? std::string() : list.front().text;
}

}  // namespace

TEST_CASE("so many crashes in a row, and it stays out for the cool-down") {
  health_gate gate(rules());
  gate.crashed(start);
  gate.crashed(start);
  REQUIRE(gate.healthy(start));
  REQUIRE(gate.next(start) == time_point::max());
  gate.crashed(start + 1s);
  REQUIRE_FALSE(gate.healthy(start + 1s));
  REQUIRE(gate.next(start + 1s) == start + 61s);
  REQUIRE_FALSE(gate.healthy(start + 60s));
  REQUIRE(gate.healthy(start + 61s));
  gate.crashed(start + 61s);  // and then it has all its tries again
  gate.crashed(start + 61s);
  REQUIRE(gate.healthy(start + 61s));
}

TEST_CASE("what ran well is no crash loop") {
  health_gate gate(rules());
  gate.crashed(start);
  gate.crashed(start);
  gate.ran_well();
  gate.crashed(start);
  gate.crashed(start);
  REQUIRE(gate.healthy(start));
}

TEST_CASE("probes of a command that runs only while it leads: out for the cool-down") {
  health_gate gate(rules());
  gate.probed(false, start);
  gate.probed(true, start);
  gate.probed(false, start);
  REQUIRE(gate.healthy(start));
  gate.began();
  gate.probed(false, start);
  REQUIRE(gate.healthy(start));
  gate.probed(false, start);
  REQUIRE_FALSE(gate.healthy(start));
  REQUIRE(gate.healthy(start + 60s));
}

TEST_CASE("who is probed all the time comes back when it is well, and no sooner") {
  health_gate gate(rules(true));
  gate.probed(false, start);
  gate.began();
  gate.probed(false, start);
  REQUIRE_FALSE(gate.healthy(start + 24h));
  gate.probed(true, start + 25h);
  REQUIRE(gate.healthy(start + 25h));
}

TEST_CASE("addresses to be probed") {
  for (const char* good : {"http://127.0.0.1", "http://127.0.0.1:8080/healthz?a=b",
                           "http://localhost:1", "http://[::1]:80/", "http://[::1]"}) {
    CAPTURE(good);
    REQUIRE_NOTHROW(check_probe_url(good));
  }
  for (const char* bad : {"", "127.0.0.1:80", "https://a/", "http://", "http:///x",
                          "http://a:b/", "http://a/b c", "http://a:99999/"}) {
    CAPTURE(bad);
    REQUIRE_THROWS_AS(check_probe_url(bad), bad_configuration);
  }
}

TEST_CASE("mistakes in the block of a command") {
  REQUIRE(complaint("run: echo a") == "");
  REQUIRE(complaint("run: [sh, -c, 'exit 3']") == "");
  REQUIRE(complaint("run: [sh]\nhealth: {http: 'http://127.0.0.1:1/', always: true}") == "");
  REQUIRE(complaint("restart: 1s").starts_with("command of db: run: is missing"));
  REQUIRE(complaint("run: [no-such-program]").find("there is no program") != std::string::npos);
  REQUIRE(complaint("run: a\ndirectory: /no/such").ends_with("'/no/such' is no folder"));
  REQUIRE(complaint("run: a\nlongest_restart: 100ms").ends_with("is shorter than restart:"));
  REQUIRE(complaint("run: a\nhealth: {http: 'ftp://x'}").starts_with("health of db: http: 'ftp"));
  REQUIRE(complaint("run: a\nhealth: {max_age: 5s}").ends_with("there is no file:"));
  REQUIRE(complaint("run: a\nhealth: {always: true}").ends_with("http: or file: is missing"));
  REQUIRE(complaint("run: a\nhealth: {crashes: 0}").starts_with("health of db: crashes: '0'"));
  REQUIRE(complaint("run: a\nhealth: {cool_down: 5ms}").ends_with("too short: 1000ms or more"));
}
