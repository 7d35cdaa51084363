// The HTTP client of production and a server that the test scripts.
#pragma once

#include <boost/asio/error.hpp>
#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <string>

#include "support/loopback.hpp"

namespace tenure::test {

using runtime::on_stale;

class client_fixture {
 public:
  explicit client_fixture(loopback_server::script each,
                          wire::lane_limits limits = wire::lane_limits(2, 2, 2))
      : server(runtime, std::move(each)), client(make_client(server.address(), limits)) {}

  std::unique_ptr<wire::http_client> make_client(const std::string& address,
                                                 wire::lane_limits limits) {
    return make_client(consul_config(address), limits);
  }
  std::unique_ptr<wire::http_client> make_client(const consul_config& config,
                                                 wire::lane_limits limits,
                                                 std::shared_ptr<log_sink> log = silent_log()) {
    return std::make_unique<wire::http_client>(runtime.executor(), runtime.environment()->timers,
                                               config, limits, std::move(log));
  }

  std::unique_ptr<exchange> start(runtime::http_request request,
                                  on_stale when_stale = on_stale::fail,
                                  runtime::lane where = runtime::lane::requests,
                                  duration patience = std::chrono::seconds(10)) {
    return std::make_unique<exchange>(runtime, *client, where, std::move(request),
                                      runtime.now() + patience, when_stale);
  }
  runtime::exchange_result finish(exchange& started) {
    run_real_until(runtime, [&] { return started.result.has_value(); });
    return std::move(*started.result);
  }
  runtime::exchange_result ask(runtime::http_request request,
                               on_stale when_stale = on_stale::fail) {
    const auto started = start(std::move(request), when_stale);
    return finish(*started);
  }
  runtime::exchange_result ask(const std::string& target = "/",
                               on_stale when_stale = on_stale::fail) {
    return ask(runtime::http_request("GET", target), when_stale);
  }
  /// Cancels a request after this many steps of the loop, and checks that nothing of it stays.
  /// Returns whether the response came first.
  bool answers_before_cancel(int steps) {
    const auto asked = start(runtime::http_request(), on_stale::resend);
    for (int i = 0; i < steps && !asked->result; ++i) {
      runtime.io().restart();
      runtime.io().run_one();
    }
    asked->cancel();
    const runtime::exchange_result trip = finish(*asked);
    if (trip.error) {
      CHECK(trip.error == boost::asio::error::operation_aborted);
      CHECK(client->connections(runtime::lane::requests) == 0);
    }
    CHECK(runtime.next_timer() == time_point::max());
    return !trip.error;
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
