// Every request names the datacenter, the namespace and the partition, as consul/api does.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <set>

#include "election/handles/access.hpp"
#include "election_adversity.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

agent::handler_options enterprise() {
  agent::handler_options options;
  options.enterprise = true;
  return options;
}

consul_config in_team() {
  return consul_config().access(
      consul_access().datacenter("dc1").name_space("team").partition("north"));
}

const std::set<agent::tenant> only_team{
    {.datacenter = "dc1", .partition = "north", .name_space = "team"}};

}  // namespace

TEST_CASE("every request of elections, semaphores, settings and observers names the tenant") {
  election_fixture b(enterprise());
  elections_options lively;
  lively.liveness(1s);
  process& p = b.add(lively, in_team());
  election e = p.elections->enter(key, quick());
  term t = b.lead(e);
  semaphore s = p.elections->contend("pool/a", 2, quick());
  running<term> slot(b.rt, s.acquire());
  b.rt.run_until([&] { return slot.done(); });
  observer seen = p.elections->observe("service/o/leader");
  b.rt.advance(40s);
  CHECK(b.rt.run(truly(t.proclaim("other"))));
  CHECK(b.rt.run(t.prove()));
  leader_settings settings = p.elections->settings_in("service/r/settings");
  leader_settings::changes changes;
  changes.emplace("a", "b");
  CHECK(b.rt.run(truly(settings.set(t, changes))));
  CHECK(b.rt.run(p.elections->leaders("service/")).size() == 1);
  CHECK(b.rt.run(p.elections->depose(key)).present());
  CHECK(b.rt.run(truly(p.elections->ping())));
  b.shut_down();
  CHECK(b.agent.handler().tenants() == only_team);
}

TEST_CASE("every request of agent_services names the tenant") {
  election_fixture b(enterprise());
  auto env = std::make_shared<runtime::environment>(*b.rt.environment());
  env->transport = std::make_shared<handler_transport>(b.rt.timers(), b.agent);
  const auto services = impl::access::services_of(env, in_team());
  const time_point later = b.rt.now() + 10s;
  CHECK_FALSE(b.rt.run(services->register_service(R"({"ID":"w","Name":"w"})", later)).error);
  CHECK(b.rt.run(services->find("")).services.size() == 1);
  CHECK(b.rt.run(services->read("w")).service);
  CHECK_FALSE(b.rt.run(services->deregister("w", later)).error);
  CHECK(b.agent.handler().tenants() == only_team);
}

TEST_CASE("a Consul without namespaces refuses them by one line, and so an election") {
  agent::handler_options options;
  options.version = GENERATE(consul_version::v1_8, consul_version::v1_21);
  election_fixture b(options);
  process& p = b.add({}, in_team());
  election e = p.elections->enter(key, quick());
  running<term> campaign(b.rt, e.campaign());
  b.rt.advance(10s);
  CHECK(campaign.done());
  CHECK(campaign.error() == consul_errc::bad_request);
  CHECK_FALSE(locked(b));
  b.shut_down();
}
