// The output to a Consul service under virtual time: when it sets and removes the marks, and how it
// deals with an agent that does not answer.
#include <catch2/catch_test_macros.hpp>

#include "election/handles/access.hpp"
#include "election_fixture.hpp"
#include "output_environment.hpp"
#include "sidecar/consul_service/output.hpp"
#include "support/kept_log.hpp"
#include "support/scripted_token.hpp"

using namespace tenure;
using namespace tenure::sidecar;
using namespace tenure::test;

namespace {

const std::string key = "service/b/leader";

candidacy quick() {
  return candidacy("me").span(5s).ttl(10s).lock_delay(0s).stop_budget(1s);
}

/// An election of which the output may close the way.
class gated_election final : public entered_election {
 public:
  explicit gated_election(election& e) : handle_(e) {}
  const std::string& name() const noexcept override { return name_; }
  election& handle() noexcept override { return handle_; }
  const election_state& state() const noexcept override { return state_; }
  void set_healthy(const output&, bool healthy) override {
    open = healthy;
    handle_.set_healthy(healthy);
  }

  bool open = true;

 private:
  const std::string name_ = "db";
  election& handle_;
  election_state state_;
};

/// A process with an election, and the output to a service with its own connections.
class stage {
 public:
  explicit stage(consul_service_options options = with_id(),
                 consul_config consul = consul_config()) {
    process& p = b.add();
    handle.emplace(p.elections->enter(key, quick()));
    entered.emplace(*handle);
    network = std::make_shared<handler_transport>(b.rt.timers(), b.agent);
    auto env = std::make_shared<runtime::environment>(*b.rt.environment());
    env->transport = network;
    output = std::make_shared<consul_service_output>(
        environment, impl::access::services_of(env, std::move(consul)), *entered,
        std::move(options));
  }
  static consul_service_options with_id() {
    consul_service_options o;
    o.id = "web-1";
    o.labels.replica = "replica";
    return o;
  }
  void register_service(const std::string& more = "") {
    b.ask("PUT", "/v1/agent/service/register", R"({"ID":"web-1","Name":"web","Tags":["v1"])" +
                                                   more + "}");
  }
  void deregister() { b.ask("PUT", "/v1/agent/service/deregister/web-1"); }
  std::vector<std::string> lines(log_level of) const { return log->lines(of); }
  std::string service() { return b.ask("GET", "/v1/agent/service/web-1").body; }
  bool has(const std::string& text) { return service().find(text) != std::string::npos; }
  void begin() { run.emplace(b.rt, truly(output->run())); }
  void lead() {
    term_ = b.lead(*handle);
    led_.emplace(b.rt, truly(output->lead(term_)));
  }
  /// Ends the output, then the election.
  void end() {
    network->network = nullptr;
    if (led_ && !led_->done()) {
      led_->cancel();
      REQUIRE(b.rt.run_until([&] { return led_->done(); }, 1min));
    }
    run->cancel();
    REQUIRE(b.rt.run_until([&] { return run->done(); }, 1min));
    b.shut_down();
  }

  election_fixture b;
  std::shared_ptr<kept_log> log = std::make_shared<kept_log>();
  std::shared_ptr<const output_environment> environment = output_environment_of(b.rt, log);
  std::optional<election> handle;
  std::optional<gated_election> entered;
  std::shared_ptr<handler_transport> network;
  std::shared_ptr<consul_service_output> output;
  std::optional<running<bool>> run;
  std::optional<running<bool>> led_;
  term term_;
};

fate silent(runtime::lane, const runtime::http_request&) { return fate(mishap::silent_before); }

}  // namespace

TEST_CASE("the service has the primary label while this process leads, until lead() returns") {
  stage s;
  s.register_service();
  s.begin();
  s.lead();
  REQUIRE(s.b.rt.run_until([&] { return s.has("\"primary\""); }, 2s));
  REQUIRE(s.has(s.term_.session()));
  REQUIRE_FALSE(s.has("\"replica\""));
  s.led_->cancel();
  REQUIRE(s.b.rt.run_until([&] { return s.led_->done(); }, 2s));
  REQUIRE_FALSE(s.has("\"primary\""));
  REQUIRE(s.has("\"replica\""));
  REQUIRE(s.has(s.term_.session()));  // it still stands
  REQUIRE(s.term_.holds());
  s.end();
  REQUIRE_FALSE(s.has(s.term_.session()));
  REQUIRE(s.has("\"v1\""));
}

TEST_CASE("the service is registered again with a new token, for the agent reports it with that") {
  const auto source = std::make_shared<scripted_token>("first");
  stage s(stage::with_id(), consul_config().token(source));
  std::vector<std::string> tokens;
  s.network->network = [&](runtime::lane, const runtime::http_request& r) {
    if (r.target.starts_with("/v1/agent/service/register")) tokens.push_back(token_in(r));
    return fate(1ms, 1ms);
  };
  s.register_service();
  s.begin();
  s.lead();
  REQUIRE(s.b.rt.run_until([&] { return s.has("\"primary\""); }, 2s));
  s.b.rt.advance(10s);
  const std::size_t before = tokens.size();
  REQUIRE(before > 0);
  source->now = "second";
  s.b.rt.advance(10s);
  REQUIRE(tokens.size() == before + 1);
  REQUIRE(tokens.back() == "second");
  REQUIRE(s.has("\"primary\""));
  s.end();
}

TEST_CASE("a hanging agent delays lead() until the lease ends, and no longer") {
  stage s;
  s.register_service();
  s.begin();
  s.lead();
  REQUIRE(s.b.rt.run_until([&] { return s.has("\"primary\""); }, 2s));
  s.network->network = silent;
  const time_point lease_end = s.term_.valid_until();
  s.led_->cancel();
  REQUIRE(s.b.rt.run_until([&] { return s.led_->done(); }, 20s));
  REQUIRE(s.b.rt.now() >= lease_end);
  REQUIRE(s.b.rt.now() <= lease_end + 1s);
  // The label goes as soon as the agent answers again.
  s.network->network = nullptr;
  REQUIRE(s.b.rt.run_until([&] { return !s.has("\"primary\""); }, 15s));
  s.end();
}

TEST_CASE("a label that was not written in time is never written") {
  stage s;
  s.register_service();
  s.begin();
  REQUIRE(s.b.rt.run_until([&] { return s.has("\"replica\""); }, 2s));
  s.network->network = silent;
  s.lead();
  s.b.rt.advance(1s);
  s.led_->cancel();
  REQUIRE(s.b.rt.run_until([&] { return s.led_->done(); }, 20s));
  s.b.rt.run(s.term_.resign());
  s.network->network = nullptr;
  for (int i = 0; i < 200; ++i) {
    s.b.rt.advance(100ms);
    REQUIRE_FALSE(s.has("\"primary\""));
  }
  s.end();
}

TEST_CASE("removed marks come back, after growing pauses") {
  stage s;
  s.register_service();
  s.begin();
  s.lead();
  REQUIRE(s.b.rt.run_until([&] { return s.has("\"primary\""); }, 2s));
  time_point last = s.b.rt.now();
  duration longest{0};
  for (int i = 0; i < 8; ++i) {
    s.register_service(R"(,"Port":)" + std::to_string(1000 + i));
    REQUIRE_FALSE(s.has("\"primary\""));
    REQUIRE(s.b.rt.run_until([&] { return s.has("\"primary\""); }, 30s));
    REQUIRE(s.has("\"Port\":" + std::to_string(1000 + i)));
    longest = std::max<duration>(longest, s.b.rt.now() - last);
    last = s.b.rt.now();
  }
  REQUIRE(longest > 5s);
  REQUIRE(longest < 15s);
  s.end();
}

TEST_CASE("without the service run() fails after three lookups, five seconds apart") {
  stage s;
  const time_point begin = s.b.rt.now();
  s.begin();
  REQUIRE(s.b.rt.run_until([&] { return s.run->done(); }, 1min));
  REQUIRE(s.b.rt.now() - begin == 10s);
  try {
    s.run->value();
    FAIL("run() did not throw");
  } catch (const fatal_error& e) {
    REQUIRE(e.exit_code() == 1);
    REQUIRE(std::string(e.what()).find("no service web-1") != std::string::npos);
  }
  s.b.shut_down();
}

TEST_CASE("without an agent run() fails after three lookups") {
  stage s;
  s.network->network = [](runtime::lane, const runtime::http_request&) {
    return fate(mishap::refused);
  };
  s.begin();
  REQUIRE(s.b.rt.run_until([&] { return s.run->done(); }, 2min));
  REQUIRE_THROWS_AS(s.run->value(), fatal_error);
  s.b.shut_down();
}

TEST_CASE("a service that is registered late, or again") {
  stage s;
  s.begin();
  s.b.rt.advance(7s);
  s.register_service();
  REQUIRE(s.b.rt.run_until([&] { return s.has("\"replica\""); }, 5s));
  s.b.ask("PUT", "/v1/agent/service/deregister/web-1");
  s.b.rt.advance(10s);
  s.register_service();
  REQUIRE(s.b.rt.run_until([&] { return s.has("\"replica\""); }, 5s));
  s.end();
}

TEST_CASE("the marks go to the allocation's service with the configured name") {
  consul_service_options of;
  of.allocation = "abc";
  of.name = "db";
  stage s(of);
  const auto add = [&](const std::string& id, const std::string& name, const std::string& more) {
    s.b.ask("PUT", "/v1/agent/service/register",
            R"({"ID":")" + id + R"(","Name":")" + name + "\"" + more + "}");
  };
  add("_nomad-task-abc-a", "other", "");
  add("_nomad-task-abc-b", "db", "");
  add("_nomad-task-abd-b", "db", "");
  s.begin();
  s.lead();
  const auto marked = [&](const std::string& id) {
    const auto r = s.b.ask("GET", "/v1/agent/service/" + id);
    return r.body.find("\"primary\"") != std::string::npos;
  };
  REQUIRE(s.b.rt.run_until([&] { return marked("_nomad-task-abc-b"); }, 5s));
  REQUIRE_FALSE(marked("_nomad-task-abc-a"));
  REQUIRE_FALSE(marked("_nomad-task-abd-b"));
  s.led_->cancel();
  s.b.rt.advance(1s);
  s.end();
}

TEST_CASE("a service that was deregistered has no label to remove: the term ends at once") {
  stage s;
  s.register_service();
  s.begin();
  s.lead();
  REQUIRE(s.b.rt.run_until([&] { return s.has("\"primary\""); }, 2s));
  s.deregister();
  s.b.rt.advance(100ms);
  const time_point stopped = s.b.rt.now();
  s.led_->cancel();
  REQUIRE(s.b.rt.run_until([&] { return s.led_->done(); }, 2s));
  REQUIRE(s.b.rt.now() < stopped + 500ms);
  s.end();
}

TEST_CASE("a service that is deregistered after the end has begun delays it no longer") {
  stage s;
  s.register_service();
  s.begin();
  s.lead();
  REQUIRE(s.b.rt.run_until([&] { return s.has("\"primary\""); }, 2s));
  const time_point stopped = s.b.rt.now();
  s.led_->cancel();
  s.deregister();
  REQUIRE(s.b.rt.run_until([&] { return s.led_->done(); }, 2s));
  REQUIRE(s.b.rt.now() < stopped + 500ms);
  s.end();
}

TEST_CASE("no candidate without its service, and it is found within a second") {
  stage s;
  REQUIRE_FALSE(s.entered->open);
  s.begin();
  s.handle->stand();
  s.b.rt.advance(7s);
  REQUIRE_FALSE(s.entered->open);
  REQUIRE(s.b.key(key).find("Session") == std::string::npos);
  s.register_service();
  REQUIRE(s.b.rt.run_until([&] { return s.entered->open; }, 1100ms));
  REQUIRE(s.b.rt.run_until([&] { return s.handle->standing() == standing::leading; }, 10s));
  s.handle->withdraw();
  s.end();
}

TEST_CASE("a leader whose service stays away gives up, and stands when it is back") {
  stage s;
  s.register_service();
  s.begin();
  s.lead();
  REQUIRE(s.b.rt.run_until([&] { return s.has("\"primary\""); }, 2s));
  s.deregister();
  s.b.rt.advance(4s);
  REQUIRE(s.entered->open);
  s.register_service();  // as a scheduler does that changes it
  REQUIRE(s.b.rt.run_until([&] { return s.has("\"primary\""); }, 2s));
  s.deregister();
  s.b.rt.advance(7s);
  REQUIRE_FALSE(s.entered->open);
  s.register_service();
  REQUIRE(s.b.rt.run_until([&] { return s.entered->open; }, 3s));
  s.end();
}

TEST_CASE("checks of the service or its node, and maintenance, close the way to the leadership") {
  stage s;
  s.register_service(R"(,"Check":{"CheckID":"c","Name":"disk","TTL":"1h","Status":"warning"})");
  s.begin();
  REQUIRE(s.b.rt.run_until([&] { return s.entered->open; }, 2s));
  const auto closed_by = [&](const char* target, const char* end) {
    s.b.ask("PUT", target);
    REQUIRE(s.b.rt.run_until([&] { return !s.entered->open; }, 2s));
    s.b.ask("PUT", end);
    s.b.rt.advance(65s);  // they flap in this test
    REQUIRE(s.entered->open);
  };
  closed_by("/v1/agent/check/fail/c", "/v1/agent/check/pass/c");
  closed_by("/v1/agent/service/maintenance/web-1?enable=true",
            "/v1/agent/service/maintenance/web-1?enable=false");
  closed_by("/v1/agent/maintenance?enable=true", "/v1/agent/maintenance?enable=false");
  REQUIRE(s.lines(log_level::warn) ==
          std::vector<std::string>{
              "candidacy paused election=db service=web-1 reason=the service is critical: disk",
              "candidacy paused election=db service=web-1 reason=the service is critical: "
              "Service Maintenance Mode",
              "candidacy paused election=db service=web-1 reason=the checks of the service flap",
              "candidacy paused election=db service=web-1 reason=the service is critical: "
              "Node Maintenance Mode",
              "candidacy paused election=db service=web-1 reason=the checks of the service flap"});
  s.b.ask("PUT", "/v1/agent/check/deregister/c");
  s.b.ask("PUT", "/v1/agent/check/register",
          R"({"ID":"n","Name":"node","TTL":"1h","Status":"critical"})");
  REQUIRE(s.b.rt.run_until([&] { return !s.entered->open; }, 2s));
  s.b.ask("PUT", "/v1/agent/check/deregister/n");
  s.end();
}

TEST_CASE("the checks are ignored where the configuration says so") {
  consul_service_options of = stage::with_id();
  of.health = health_use::ignored;
  stage s(of);
  s.register_service(R"(,"Check":{"CheckID":"c","TTL":"1h","Status":"critical"})");
  s.begin();
  REQUIRE(s.b.rt.run_until([&] { return s.entered->open; }, 2s));
  s.b.rt.advance(10s);
  REQUIRE(s.entered->open);
  s.end();
}

TEST_CASE("a fight about the marks is reported with the remedy") {
  stage s;
  s.register_service();
  s.begin();
  s.lead();
  REQUIRE(s.b.rt.run_until([&] { return s.has("\"primary\""); }, 2s));
  const auto restore = [&](const char* tags) {
    s.b.ask("PUT", "/v1/agent/service/register",
            R"({"ID":"web-1","Name":"web","EnableTagOverride":true,"Tags":)" + std::string(tags) +
                "}");
    s.b.rt.advance(20s);
    REQUIRE(s.has("\"session\""));
  };
  for (int i = 0; i < 10; ++i) restore(R"(["v1","primary"])");
  const auto warned = s.lines(log_level::warn);
  REQUIRE(warned.size() == 1);
  REQUIRE(warned.front().find("repairing marks election=db service=web-1 lost=session repairs=3 "
                              "hint=another program, such as a scheduler, restores the metadata: "
                              "set meta: none") == 0);
  REQUIRE(s.environment->counted->labels_repaired == 10);
  s.end();
}

TEST_CASE("the metadata stay as they are with meta: none") {
  consul_service_options of = stage::with_id();
  of.labels.meta = meta_use::none;
  stage s(of);
  s.register_service(R"(,"Meta":{"a":"b"})");
  s.begin();
  s.lead();
  REQUIRE(s.b.rt.run_until([&] { return s.has("\"primary\""); }, 2s));
  s.b.rt.advance(3s);
  REQUIRE_FALSE(s.has("\"session\""));
  s.end();
  REQUIRE_FALSE(s.has("\"primary\""));
}

TEST_CASE("the label does not move to another service of the allocation") {
  consul_service_options of;
  of.allocation = "abc";
  of.name = "db";
  stage s(of);
  s.b.ask("PUT", "/v1/agent/service/register", R"({"ID":"_nomad-task-abc-a","Name":"admin"})");
  s.b.ask("PUT", "/v1/agent/service/register", R"({"ID":"_nomad-task-abc-b","Name":"db"})");
  s.begin();
  s.lead();
  const auto marked = [&](const std::string& id) {
    return s.b.ask("GET", "/v1/agent/service/" + id).body.find("primary") != std::string::npos;
  };
  REQUIRE(s.b.rt.run_until([&] { return marked("_nomad-task-abc-b"); }, 5s));
  s.b.ask("PUT", "/v1/agent/service/deregister/_nomad-task-abc-b");
  s.b.rt.advance(4s);
  REQUIRE_FALSE(marked("_nomad-task-abc-a"));
  s.b.ask("PUT", "/v1/agent/service/register", R"({"ID":"_nomad-task-abc-c","Name":"db"})");
  REQUIRE(s.b.rt.run_until([&] { return marked("_nomad-task-abc-c"); }, 3s));
  s.end();
}
