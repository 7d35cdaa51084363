// When a leader that does not work becomes unhealthy, and when it is healthy again.
#include <catch2/catch_test_macros.hpp>

#include "sidecar/command/config.hpp"
#include "sidecar/command/health_gate.hpp"
#include "sidecar/command/probe.hpp"

using namespace tenure;
using namespace tenure::sidecar;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{1h};

health_rules rules(health_rules::probing probed = health_rules::probing::while_leading) {
  health_rules r;
  r.crashes = 3;
  r.failures = 2;
  r.cool_down = 60s;
  r.probed = probed;
  return r;
}

std::string error_of(const std::string& yaml) {
  apps::config_errors errors;
  read_command(YAML::Load(yaml), election_options("db", "k", candidacy("v")), errors);
  const auto list = errors.take();
  return list.empty() ? std::string() : list.front().text;
}

}  // namespace

TEST_CASE("a crash loop makes it unhealthy for the cool-down") {
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
  gate.crashed(start + 61s);  // the count starts again
  gate.crashed(start + 61s);
  REQUIRE(gate.healthy(start + 61s));
}

TEST_CASE("a good run ends a crash loop") {
  health_gate gate(rules());
  gate.crashed(start);
  gate.crashed(start);
  gate.ran_well();
  gate.crashed(start);
  gate.crashed(start);
  REQUIRE(gate.healthy(start));
}

TEST_CASE("failed probes while leading make it unhealthy for the cool-down") {
  health_gate gate(rules());
  gate.probed(probe_result::failed, start);
  gate.probed(probe_result::passed, start);
  gate.probed(probe_result::failed, start);
  REQUIRE(gate.healthy(start));
  gate.started();
  gate.probed(probe_result::failed, start);
  REQUIRE(gate.healthy(start));
  gate.probed(probe_result::failed, start);
  REQUIRE_FALSE(gate.healthy(start));
  REQUIRE(gate.healthy(start + 60s));
}

TEST_CASE("with permanent probes it is unhealthy until a probe passes") {
  health_gate gate(rules(health_rules::probing::always));
  gate.probed(probe_result::failed, start);
  gate.started();
  gate.probed(probe_result::failed, start);
  REQUIRE_FALSE(gate.healthy(start + 24h));
  gate.probed(probe_result::passed, start + 25h);
  REQUIRE(gate.healthy(start + 25h));
}

TEST_CASE("URLs of probes") {
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

TEST_CASE("errors in the block command:") {
  REQUIRE(error_of("run: echo a") == "");
  REQUIRE(error_of("run: [sh, -c, 'exit 3']") == "");
  REQUIRE(error_of("run: [sh]\nhealth: {http: 'http://127.0.0.1:1/', always: true}") == "");
  REQUIRE(error_of("restart: 1s").starts_with("command of db: run: is missing"));
  REQUIRE(error_of("run: [no-such-program]")
              .ends_with("there is no executable program 'no-such-program'"));
  REQUIRE(error_of("run: a\ndirectory: /no/such").ends_with("'/no/such' is not a directory"));
  REQUIRE(error_of("run: a\nlongest_restart: 100ms").ends_with("is shorter than restart:"));
  REQUIRE(error_of("run: a\nhealth: {http: 'ftp://x'}").starts_with("health of db: http: 'ftp"));
  REQUIRE(error_of("run: a\nhealth: {max_age: 5s}").ends_with("file: is missing"));
  REQUIRE(error_of("run: a\nhealth: {always: true}").ends_with("http: or file: is missing"));
  REQUIRE(error_of("run: a\nhealth: {crashes: 0}").starts_with("health of db: crashes: '0'"));
  REQUIRE(error_of("run: a\nhealth: {cool_down: 5ms}").ends_with("too short: 1s or more"));
}
