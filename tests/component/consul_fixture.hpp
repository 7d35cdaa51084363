// The typed client and the embedded agent, with a scripted network between them. Each test runs
// with an agent of every version of Consul.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <memory>
#include <string>
#include <vector>

#include "consul/client.hpp"
#include "testing/handler_transport.hpp"

namespace tenure::test {

using testing::fate;
using testing::handler_transport;
using testing::in_process_agent;
using testing::manual_runtime;

inline agent::handler_options options_of_each_version() {
  agent::handler_options options;
  options.version = GENERATE(consul_version::v1_8, consul_version::v1_21);
  return options;
}

class consul_fixture {
 public:
  consul_fixture()
      : agent(runtime, options_of_each_version()),
        network(std::make_shared<handler_transport>(runtime.timers(), agent)) {
    runtime.set_transport(network);
    client = std::make_unique<consul::client>(runtime.environment(), consul_config());
  }

  std::string new_session(duration ttl = std::chrono::seconds(10)) {
    consul::session_request request;
    request.ttl = ttl;
    const auto created = runtime.run(client->create_session(request));
    REQUIRE_FALSE(created.error);
    return created.id;
  }
  consul::txn_result write(std::vector<consul::txn_op> ops) {
    return runtime.run(client->write(std::move(ops), runtime.now() + std::chrono::seconds(10)));
  }
  /// The fates of the next exchanges; later ones succeed.
  void fates(std::vector<fate> to_come) {
    network->network = [to_come = std::move(to_come), next = std::size_t{0}](
                           runtime::lane, const runtime::http_request&) mutable {
      return next < to_come.size() ? to_come[next++] : fate();
    };
  }

  manual_runtime runtime;
  in_process_agent agent;
  std::shared_ptr<handler_transport> network;
  std::unique_ptr<consul::client> client;
};

}  // namespace tenure::test
