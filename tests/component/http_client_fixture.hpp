// A client of production and a server that does as the test says.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <string>

#include "support/loopback.hpp"

namespace tenure::test {

class client_bench {
 public:
  explicit client_bench(loopback_server::script each,
                        wire::lane_limits limits = wire::lane_limits(2, 2, 2))
      : server(runtime, std::move(each)), client(make_client(server.address(), limits)) {}

  std::unique_ptr<wire::http_client> make_client(const std::string& address,
                                                 wire::lane_limits limits) {
    return std::make_unique<wire::http_client>(runtime.executor(), runtime.environment()->timers,
                                               consul_config(address), limits);
  }

  std::unique_ptr<exchange> start(runtime::http_request request, bool retry_stale = false,
                                  runtime::lane where = runtime::lane::requests,
                                  duration patience = std::chrono::seconds(10)) {
    return std::make_unique<exchange>(runtime, *client, where, std::move(request),
                                      runtime.now() + patience, retry_stale);
  }
  runtime::round_trip finish(exchange& started) {
    run_real_until(runtime, [&] { return started.result.has_value(); });
    return std::move(*started.result);
  }
  runtime::round_trip ask(runtime::http_request request, bool retry_stale = false) {
    const auto started = start(std::move(request), retry_stale);
    return finish(*started);
  }
  runtime::round_trip ask(const std::string& target = "/", bool retry_stale = false) {
    return ask(runtime::http_request("GET", target), retry_stale);
  }
  template <class Predicate>
  void until(Predicate done) {
    run_real_until(runtime, done);
  }

  manual_runtime runtime;
  loopback_server server;
  std::unique_ptr<wire::http_client> client;
};

}  // namespace tenure::test
