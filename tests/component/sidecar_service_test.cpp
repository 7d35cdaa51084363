// The face of a Consul service under virtual time: when its marks come and go, and what it does
// about an agent that does not answer.
#include <catch2/catch_test_macros.hpp>

#include "election_fixture.hpp"
#include "sidecar/consul_service.hpp"

using namespace tenure;
using namespace tenure::sidecar;
using namespace tenure::test;

namespace {

const std::string key = "service/b/leader";

candidacy quick() {
  return candidacy("me").span(5s).ttl(10s).lock_delay(0s).stop_budget(1s);
}

/// A process with an election and the face of a service, on connections of its own.
class stage {
 public:
  explicit stage(consul_service_options options = named()) {
    process& p = b.add();
    handle.emplace(p.elections->enter(key, quick()));
    network = std::make_shared<handler_transport>(b.rt, b.agent);
    auto services = std::make_shared<runtime::environment>(*b.rt.environment());
    services->transport = network;
    shown = std::make_shared<consul_service>(services, consul_config(), std::move(options),
                                             [this] { return handle->session(); });
  }
  static consul_service_options named() {
    consul_service_options o;
    o.id = "web-1";
    o.labels.replica = "replica";
    return o;
  }
  void register_service(const std::string& more = "") {
    b.ask("PUT", "/v1/agent/service/register", R"({"ID":"web-1","Name":"web","Tags":["v1"])" +
                                                   more + "}");
  }
  std::string service() { return b.ask("GET", "/v1/agent/service/web-1").body; }
  bool has(const std::string& text) { return service().find(text) != std::string::npos; }
  void begin() { run.emplace(b.rt, truly(shown->run())); }
  void lead() {
    term_ = b.lead(*handle);
    led_.emplace(b.rt, truly(shown->lead(term_)));
  }
  /// Ends the face, and what is behind it.
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
  std::optional<election> handle;
  std::shared_ptr<handler_transport> network;
  std::shared_ptr<consul_service> shown;
  std::optional<running<bool>> run;
  std::optional<running<bool>> led_;
  term term_;
};

fate silent(runtime::lane, const runtime::http_request&) { return fate(mishap::silent_before); }

}  // namespace

TEST_CASE("the label is there while we lead, and off before lead() returns") {
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
  REQUIRE(s.has(s.term_.session()));  // it stands on
  REQUIRE(s.term_.holds());
  s.end();
  REQUIRE_FALSE(s.has(s.term_.session()));
  REQUIRE(s.has("\"v1\""));
}

TEST_CASE("an agent that hangs holds lead() up until the lease ends, and no longer") {
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
  // It is put right as soon as the agent is back.
  s.network->network = nullptr;
  REQUIRE(s.b.rt.run_until([&] { return !s.has("\"primary\""); }, 15s));
  s.end();
}

TEST_CASE("a label that cannot be written in time is not written later") {
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

TEST_CASE("marks that somebody removed come back, and not faster and faster") {
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

TEST_CASE("no service: three tries, five seconds apart, and then the end") {
  stage s;
  const time_point begin = s.b.rt.now();
  s.begin();
  REQUIRE(s.b.rt.run_until([&] { return s.run->done(); }, 1min));
  REQUIRE(s.b.rt.now() - begin == 10s);
  try {
    s.run->value();
    FAIL("it is still there");
  } catch (const fatal_error& e) {
    REQUIRE(e.exit_code() == 1);
    REQUIRE(std::string(e.what()).find("no service web-1") != std::string::npos);
  }
  s.b.shut_down();
}

TEST_CASE("no agent: three tries, and the reason") {
  stage s;
  s.network->network = [](runtime::lane, const runtime::http_request&) {
    return fate(mishap::refused);
  };
  s.begin();
  REQUIRE(s.b.rt.run_until([&] { return s.run->done(); }, 2min));
  REQUIRE_THROWS_AS(s.run->value(), fatal_error);
  s.b.shut_down();
}

TEST_CASE("a service that comes late, or goes and comes back") {
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

TEST_CASE("of an allocation's services the one of that name is marked, and never a proxy") {
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
