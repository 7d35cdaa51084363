// The variables of the consul-leader sidecar, and the block consul_service: of the file.
#include <catch2/catch_test_macros.hpp>
#include <map>

#include "common/duration.hpp"
#include "sidecar/consul_service/config.hpp"
#include "sidecar/consul_service/consul_leader_env.hpp"

using namespace tenure;
using namespace tenure::sidecar;
using namespace std::chrono_literals;

namespace {

using pairs = std::map<std::string, std::string>;

env_lookup environment(pairs set) {
  return [set](const char* name) {
    const auto found = set.find(name);
    return found == set.end() ? std::optional<std::string>() : found->second;
  };
}

consul_leader_election read(pairs set) {
  set.try_emplace("NOMAD_ALLOC_ID", "abcd-1234");
  return read_consul_leader_env(environment(set), "host");
}

std::string refusal(pairs set) {
  try {
    read(std::move(set));
  } catch (const apps::usage_error& e) {
    return e.what();
  }
  return "";
}

std::string errors_of(const std::string& yaml) {
  apps::config_errors errors;
  read_consul_service(YAML::Load(yaml), election_options("db", "k", candidacy("v")), errors);
  std::string text;
  for (const apps::config_error& e : errors.take())
    text += std::to_string(e.line) + ": " + e.text + "\n";
  return text;
}

}  // namespace

TEST_CASE("consul-leader's defaults") {
  const consul_leader_election s = read({});
  REQUIRE(s.name == "consul-leader");
  REQUIRE(s.key == "consul-leader/lock");
  REQUIRE(s.candidacy.value() == "host");
  REQUIRE(s.candidacy.ttl() == 15s);
  REQUIRE(s.candidacy.span() == 10s);
  REQUIRE(s.candidacy.lock_delay() == 0s);
  REQUIRE(s.level == log_level::warn);
  REQUIRE(s.service.allocation == "abcd-1234");
  REQUIRE(s.service.id.empty());
  REQUIRE(s.service.labels.primary == "primary");
  REQUIRE(s.service.labels.replica.empty());
  REQUIRE(s.service.file.empty());
  REQUIRE_NOTHROW(s.candidacy.check());
}

TEST_CASE("every variable of consul-leader") {
  const consul_leader_election s = read({{"CONSUL_LEADER_SERVICE_NAME", "db"},
                                         {"CONSUL_LEADER_PRIMARY_LABEL", "master"},
                                         {"CONSUL_LEADER_REPLICA_LABEL", "slave"},
                                         {"CONSUL_LEADER_TTL", "1m0s"},
                                         {"CONSUL_LEADER_SLEEP", "30"},
                                         {"CONSUL_LEADER_LOCKDELAY", "5s"},
                                         {"CONSUL_LEADER_LOG_LEVEL", "debug"},
                                         {"NOMAD_ALLOC_DIR", "/alloc"}});
  REQUIRE(s.key == "consul-leader/db/lock");
  REQUIRE(s.service.name == "db");
  REQUIRE(s.service.labels.primary == "master");
  REQUIRE(s.service.labels.replica == "slave");
  REQUIRE(s.candidacy.ttl() == 60s);
  REQUIRE(s.candidacy.span() == 15s);
  REQUIRE(s.candidacy.lock_delay() == 5s);
  REQUIRE(s.level == log_level::debug);
  REQUIRE(s.service.file == "/alloc/abcd-1234");

  REQUIRE(read({{"CONSUL_LEADER_KEY", "/lead/one"}}).key == "lead/one");
  REQUIRE(read({{"CONSUL_LEADER_KEY", "lead/one"}}).key == "lead/one");
  REQUIRE(read({{"CONSUL_LEADER_SLEEP", "2"}}).candidacy.span() == 2s);
}

TEST_CASE("the health gate and the metadata, which only tenure configures") {
  REQUIRE(read({}).service.health == health_use::gates);
  REQUIRE(read({}).service.labels.meta == meta_use::session);
  REQUIRE(read({{"CONSUL_LEADER_HEALTH", "true"}}).service.health == health_use::gates);
  REQUIRE(read({{"CONSUL_LEADER_HEALTH", "false"}}).service.health == health_use::ignored);
  REQUIRE(read({{"CONSUL_LEADER_META", "none"}}).service.labels.meta == meta_use::none);
  REQUIRE(refusal({{"CONSUL_LEADER_HEALTH", "no"}}) ==
          "CONSUL_LEADER_HEALTH: 'no' is neither true nor false");
  REQUIRE(refusal({{"CONSUL_LEADER_META", "all"}}) ==
          "CONSUL_LEADER_META: 'all' is neither session nor none");
}

TEST_CASE("an explicit service needs no allocation") {
  const consul_leader_election s =
      read_consul_leader_env(environment({{"CONSUL_LEADER_SERVICE_ID", "web-1"}}), "host");
  REQUIRE(s.service.id == "web-1");
  REQUIRE(s.service.allocation.empty());
  REQUIRE(has_consul_leader_env(environment({{"CONSUL_LEADER_SERVICE_ID", "web-1"}})));
  REQUIRE_FALSE(has_consul_leader_env(environment({{"NOMAD_ALLOC_ID", "x"}})));
  REQUIRE_FALSE(has_consul_leader_env(environment({{"CONSUL_LEADER_TTL", ""}})));
}

TEST_CASE("an invalid variable is an error that names it") {
  REQUIRE(refusal({{"CONSUL_LEADER_SLEEP", "15"}}) ==
          "CONSUL_LEADER_SLEEP: 15s between renewals lets a session of 15s (CONSUL_LEADER_TTL) "
          "expire: it must be under the TTL");
  REQUIRE(refusal({{"CONSUL_LEADER_SLEEP", "0"}}).starts_with("CONSUL_LEADER_SLEEP: 0s"));
  REQUIRE(refusal({{"CONSUL_LEADER_SLEEP", "ten"}}).starts_with("CONSUL_LEADER_SLEEP: 'ten'"));
  REQUIRE(refusal({{"CONSUL_LEADER_TTL", "9s"}}).starts_with("CONSUL_LEADER_TTL: 9s"));
  REQUIRE(refusal({{"CONSUL_LEADER_TTL", "25h"}}).starts_with("CONSUL_LEADER_TTL: 1d1h"));
  REQUIRE(refusal({{"CONSUL_LEADER_TTL", "15"}}).starts_with("CONSUL_LEADER_TTL: '15'"));
  REQUIRE(refusal({{"CONSUL_LEADER_LOCKDELAY", "61s"}}).starts_with("CONSUL_LEADER_LOCKDELAY: "));
  REQUIRE(refusal({{"CONSUL_LEADER_LOG_LEVEL", "loud"}}).starts_with("CONSUL_LEADER_LOG_LEVEL: "));
  REQUIRE(refusal({{"CONSUL_LEADER_KEY", "/"}}).starts_with("CONSUL_LEADER_KEY: '/'"));
  REQUIRE(refusal({{"CONSUL_LEADER_KEY", "//a"}}).starts_with("CONSUL_LEADER_KEY: '//a'"));
  REQUIRE(refusal({{"CONSUL_LEADER_REPLICA_LABEL", "primary"}})
              .starts_with("CONSUL_LEADER_REPLICA_LABEL: 'primary'"));
  REQUIRE(refusal({{"NOMAD_ALLOC_ID", "a\" or ID != \""}}).starts_with("NOMAD_ALLOC_ID: "));
  REQUIRE(refusal({{"NOMAD_ALLOC_ID", ""}}).starts_with("NOMAD_ALLOC_ID is not set"));
}

TEST_CASE("errors in the block consul_service: have their lines") {
  REQUIRE(errors_of("id: web-1\nprimary_label: a\nreplica_label: b\nfile: /tmp/x\n") == "");
  REQUIRE(errors_of("allocation: a-1\nname: db\n") == "");
  REQUIRE(errors_of("id: a\nhealth: false\nmeta: none\n") == "");
  REQUIRE(errors_of("id: a\nmeta: all\n") ==
          "2: consul_service of db: meta: 'all' is neither session nor none\n");
  REQUIRE(errors_of("name: db\n") ==
          "1: consul_service of db: id: is missing: the id of the service (inside Nomad the "
          "default is the service of NOMAD_ALLOC_ID)\n");
  REQUIRE(errors_of("id: a\nreplica_label: primary\n") ==
          "2: consul_service of db: replica_label: 'primary' is also the primary label\n");
  REQUIRE(errors_of("id: a\nallocation: b\n") ==
          "2: consul_service of db: allocation: id: names the service already: leave one of them "
          "out\n");
  REQUIRE(errors_of("id: a\nlabel: b\n").starts_with("2: unknown key 'label'"));
}
