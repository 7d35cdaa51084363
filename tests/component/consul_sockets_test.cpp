// The typed client and the embedded agent with real sockets between them, under virtual time.
#include <catch2/catch_test_macros.hpp>
#include <optional>

#include "agent/server.hpp"
#include "consul/client.hpp"
#include "support/loopback.hpp"

namespace {

using namespace tenure;
using namespace std::chrono_literals;
using consul::consistency;
using consul::txn_op;
using runtime::lane;
namespace asio = boost::asio;

class fixture {
 public:
  fixture() {
    start_server();
    connect(consul_config(server->address()));
  }

  // Sockets must be destroyed before their io_context.
  ~fixture() { runtime.set_transport(nullptr); }

  void start_server() {
    server = std::make_unique<agent::server>(*runtime.environment(), agent::server_options());
    server->listen("127.0.0.1:0");
  }
  void connect(const consul_config& config) {
    transport = std::make_shared<wire::http_client>(runtime.executor(),
                                                    runtime.environment()->timers, config,
                                                    wire::lane_limits(1, 2, 2));
    runtime.set_transport(transport);
    client = std::make_unique<consul::client>(runtime.environment(), config);
  }
  template <class T>
  T wait(asio::awaitable<T> task) {
    std::optional<T> result;
    asio::co_spawn(runtime.executor(), std::move(task),
                   [&](std::exception_ptr, T value) { result = std::move(value); });
    test::run_real_until(runtime, [&] { return result.has_value(); });
    return std::move(*result);
  }
  consul::txn_result set(const std::string& key, const std::string& value) {
    return wait(client->write({txn_op::set(key, value)}, runtime.now() + 10s));
  }

  testing::manual_runtime runtime;
  std::unique_ptr<agent::server> server;
  std::shared_ptr<wire::http_client> transport;
  std::unique_ptr<consul::client> client;
};

TEST_CASE("sessions, keys and transactions over sockets") {
  fixture b;
  consul::session_request request;
  request.ttl = 10s;
  request.lock_delay = 1us;  // Consul would take less for seconds
  const auto created = b.wait(b.client->create_session(request));
  REQUIRE_FALSE(created.error);
  const auto info = b.wait(b.client->session_info(created.id, consistency::consistent));
  REQUIRE(info.session);
  CHECK(info.session->lock_delay == 1us);
  CHECK(b.wait(b.client->renew_session(created.id, b.runtime.now() + 1s)).alive);
  const std::string key = "service/a b%/\xc3\xa9?#&";
  const auto won = b.wait(b.client->write(
      {txn_op::check_not_exists(key),
       txn_op::lock(key, created.id, std::string("\0<v>\xff", 5), consul::lock_flags)},
      b.runtime.now() + 1s));
  REQUIRE(won.committed);
  const auto held = b.wait(b.client->get(key, consistency::default_));
  REQUIRE(held.entry);
  CHECK(held.entry->key == key);
  CHECK(held.entry->value == std::string("\0<v>\xff", 5));
  CHECK(held.entry->flags == consul::lock_flags);
  CHECK(held.entry->session == created.id);
  std::vector<txn_op> proof{txn_op::check_index(key, won.results.at(0).modify_index)};
  CHECK(b.wait(b.client->prove(proof, b.runtime.now() + 1s)).committed);
  CHECK_FALSE(b.wait(b.client->ping()).error);
  CHECK(b.transport->connections(lane::requests) == 1);
  CHECK(b.transport->connections(lane::renewals) == 1);
  CHECK(b.server->connections() == 2);
}

TEST_CASE("a watch over sockets completes with the write or after its wait") {
  fixture b;
  REQUIRE(b.set("k", "1").committed);
  const auto first = b.wait(b.client->watch("k", 0, 30s));
  std::optional<consul::kv_result> changed;
  const auto watch = [&](std::uint64_t index) {
    changed.reset();
    asio::co_spawn(b.runtime.executor(), b.client->watch("k", index, 30s),
                   [&](std::exception_ptr, consul::kv_result found) {
                     changed = std::move(found);
                   });
    test::run_real_until(b.runtime, [&] { return b.server->parked() == 1; });
  };
  watch(first.index);
  REQUIRE(b.set("k", "2").committed);
  test::run_real_until(b.runtime, [&] { return changed.has_value(); });
  REQUIRE(changed->entry);
  CHECK(changed->entry->value == "2");

  const std::uint64_t index = changed->index;
  watch(index);
  b.runtime.advance(32s);
  test::run_real_until(b.runtime, [&] { return changed.has_value(); });
  CHECK_FALSE(changed->error);
  CHECK(changed->index == index);
  CHECK(b.transport->connections(lane::polls) == 1);
}

TEST_CASE("a stopping server answers its polls; later requests reach its successor") {
  fixture b;
  REQUIRE(b.set("k", "1").committed);
  const auto first = b.wait(b.client->get("k", consistency::default_));
  std::optional<consul::kv_result> parked;
  asio::co_spawn(b.runtime.executor(), b.client->watch("k", first.index, 30s),
                 [&](std::exception_ptr, consul::kv_result found) { parked = std::move(found); });
  test::run_real_until(b.runtime, [&] { return b.server->parked() == 1; });
  const std::string address = b.server->address();
  b.server->stop();
  test::run_real_until(b.runtime,
                       [&] { return parked.has_value() && b.server->connections() == 0; });
  CHECK_FALSE(parked->error);
  CHECK(parked->index == first.index);

  b.server = std::make_unique<agent::server>(*b.runtime.environment(), agent::server_options());
  b.server->listen(address);
  // The kept connections are stale, and the client has not noticed: a write is sent only once, on a
  // new connection.
  REQUIRE(b.set("k", "2").committed);
  const auto again = b.wait(b.client->get("k", consistency::default_));
  REQUIRE(again.entry);
  CHECK(again.entry->value == "2");
}

TEST_CASE("without a server requests are unreachable, and a write was not sent") {
  fixture b;
  REQUIRE(b.set("k", "1").committed);
  b.server.reset();
  b.runtime.run_until_idle();
  const auto write = b.set("k", "2");
  CHECK(write.error == consul_errc::unreachable);
  CHECK(write.detail.ends_with(": Connection refused"));
}

TEST_CASE("plain HTTP at a port for TLS, and the reverse, are told apart from other failures") {
  fixture b;
  b.connect(consul_config(b.server->address()).tls(consul_tls()));
  const auto secure = b.set("k", "1");
  CHECK(secure.error == consul_errc::tls_failed);
  CHECK(secure.detail == "PUT /v1/txn at https://" + b.server->address() +
                             ": the server speaks plain HTTP on this port: use its HTTPS port, or "
                             "http:// without CONSUL_HTTP_SSL");
  // What a server in Go answers to plain HTTP.
  test::loopback_server go(b.runtime, [](test::server_side& side) -> asio::awaitable<void> {
    co_await side.request();
    co_await side.send("HTTP/1.0 400 Bad Request\r\n\r\n"
                       "Client sent an HTTP request to an HTTPS server.\n");
  });
  b.connect(consul_config(go.address()));
  const auto plain = b.set("k", "1");
  CHECK(plain.error == consul_errc::tls_failed);
  CHECK(plain.detail == "PUT /v1/txn at " + go.address() +
                            ": the server speaks TLS on this port: use https:// or "
                            "CONSUL_HTTP_SSL=true");
}

}  // namespace
