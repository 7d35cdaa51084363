// The output to a Consul service under virtual time, beside an election and an embedded agent.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "election/handles/access.hpp"
#include "election_fixture.hpp"
#include "output_environment.hpp"
#include "sidecar/consul_service/output.hpp"
#include "support/kept_log.hpp"

namespace tenure::test {

using namespace tenure::sidecar;

inline const std::string key = "service/b/leader";

inline candidacy quick() {
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
class service_stage {
 public:
  explicit service_stage(consul_service_options options = with_id(),
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

}  // namespace tenure::test
