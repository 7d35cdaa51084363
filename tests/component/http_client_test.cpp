// The HTTP client: what it sends, what it parses, and which connections it keeps.
#include <unistd.h>

#include <boost/asio/local/stream_protocol.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cstdio>
#include <tenure/toolkit/async_condition.hpp>

#include "component/http_client_fixture.hpp"

namespace {

using namespace tenure;
using namespace std::chrono_literals;
using boost::asio::awaitable;
using runtime::http_request;
using runtime::lane;
using runtime::on_stale;
using test::client_fixture;
using test::server_side;

awaitable<void> echo(server_side& side) {
  for (;;) {
    std::string request = co_await side.request();
    co_await side.answer(std::move(request));
  }
}

TEST_CASE("a request has the required headers and no others") {
  client_fixture fixture(echo);
  http_request get("GET", "/v1/kv/a?index=7");
  get.headers.emplace_back("X-Consul-Token", "secret");
  const auto read = fixture.ask(std::move(get));
  REQUIRE_FALSE(read.error);
  CHECK(read.sent);
  CHECK(read.response.status == 200);
  CHECK(read.response.body == "GET /v1/kv/a?index=7 HTTP/1.1\r\nHost: " + fixture.server.address() +
                                  "\r\nUser-Agent: tenure\r\nX-Consul-Token: secret\r\n\r\n");
  const auto written = fixture.ask(http_request("PUT", "/v1/txn", "[1]"));
  CHECK(written.response.body == "PUT /v1/txn HTTP/1.1\r\nHost: " + fixture.server.address() +
                                     "\r\nUser-Agent: tenure\r\nContent-Length: 3\r\n\r\n[1]");
  const auto empty = fixture.ask(http_request("PUT", "/v1/session/renew/x"));
  CHECK(empty.response.body.find("Content-Length: 0\r\n") != std::string::npos);
}

TEST_CASE("a connection is kept and reused") {
  client_fixture fixture(echo);
  for (int i = 0; i < 5; ++i) REQUIRE_FALSE(fixture.ask().error);
  CHECK(fixture.server.accepted() == 1);
  CHECK(fixture.client->connections(lane::requests) == 1);
  CHECK(fixture.client->idle(lane::requests) == 1);
}

TEST_CASE("header names are compared without case") {
  client_fixture fixture([](server_side& side) -> awaitable<void> {
    co_await side.request();
    co_await side.send(
        "HTTP/1.1 404 Not Found\r\nX-Consul-Index: 17\r\nContent-Length: 0\r\n\r\n");
    co_await side.closed();
  });
  const auto trip = fixture.ask();
  REQUIRE_FALSE(trip.error);
  CHECK(trip.response.status == 404);
  CHECK(trip.response.header("x-consul-index") == "17");
  CHECK(trip.response.header("X-Other").empty());
  CHECK(trip.response.body.empty());
}

TEST_CASE("sent_at is the time of sending, not of the call") {
  std::unique_ptr<runtime::async_condition> now;
  bool seen = false;
  client_fixture fixture(
      [&](server_side& side) -> awaitable<void> {
        co_await side.request();
        seen = true;
        co_await now->wait();
        co_await side.answer("x");
        co_await side.request();
        co_await side.answer("y");
        co_await side.closed();
      },
      wire::lane_limits(1, 1, 1));
  now = std::make_unique<runtime::async_condition>(fixture.runtime.timers());
  const time_point began = fixture.runtime.now();
  const auto first = fixture.start(http_request());
  const auto in_line = fixture.start(http_request());
  fixture.until([&] { return seen; });
  fixture.runtime.advance(5s);
  now->notify_all();
  CHECK(fixture.finish(*first).sent_at == began);
  CHECK(fixture.finish(*in_line).sent_at == began + 5s);
}

// RFC 9110, 15.2: a client has to read on after these, also if it did not ask for them.
TEST_CASE("interim responses are not the answer") {
  client_fixture fixture([](server_side& side) -> awaitable<void> {
    co_await side.request();
    co_await side.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
    co_await side.send("HTTP/1.1 102 Processing\r\n\r\n");
    co_await side.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n");
    co_await side.send("Content-Length: 2\r\n\r\nok");
    co_await side.request();
    co_await side.answer("again");
  });
  const auto trip = fixture.ask();
  REQUIRE_FALSE(trip.error);
  CHECK(trip.response.status == 200);
  CHECK(trip.response.body == "ok");
  CHECK(trip.response.header("Link").empty());
  CHECK(fixture.ask().response.body == "again");
  CHECK(fixture.server.accepted() == 1);
}

TEST_CASE("a server that sends nothing but interim responses has no answer") {
  client_fixture fixture([](server_side& side) -> awaitable<void> {
    co_await side.request();
    for (int i = 0; i < 20; ++i) co_await side.send("HTTP/1.1 103 Early Hints\r\n\r\n");
    co_await side.closed();
  });
  CHECK(fixture.ask().response.status == 103);
}

TEST_CASE("a response without a length ends with the connection") {
  client_fixture fixture([](server_side& side) -> awaitable<void> {
    co_await side.request();
    co_await side.send("HTTP/1.0 200 OK\r\n\r\nall of ");
    co_await side.send("it");
  });
  const auto trip = fixture.ask();
  REQUIRE_FALSE(trip.error);
  CHECK(trip.response.body == "all of it");
  CHECK(fixture.client->idle(lane::requests) == 0);
}

TEST_CASE("chunked and long responses are complete, and their buffers are freed") {
  const std::string large(3'000'000, 'x');
  client_fixture fixture([&](server_side& side) -> awaitable<void> {
    co_await side.request();
    co_await side.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    co_await side.send("6\r\n world\r\n0\r\n\r\n");
    co_await side.request();
    co_await side.answer(large);
    co_await side.closed();
  });
  CHECK(fixture.ask().response.body == "hello world");
  const auto trip = fixture.ask();
  REQUIRE_FALSE(trip.error);
  CHECK(trip.response.body == large);
  CHECK(fixture.server.accepted() == 1);
}

TEST_CASE("a connection is not reused after Connection: close") {
  client_fixture fixture([](server_side& side) -> awaitable<void> {
    co_await side.request();
    co_await side.send(
        "HTTP/1.1 429 Too Many\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbusy");
    co_await side.closed();
  });
  const auto refused = fixture.ask();
  REQUIRE_FALSE(refused.error);  // a 429 is an answer
  CHECK(refused.response.status == 429);
  CHECK(refused.response.body == "busy");
  CHECK(fixture.client->connections(lane::requests) == 0);
  fixture.until([&] { return fixture.server.open() == 0; });
  fixture.ask();
  CHECK(fixture.server.accepted() == 2);
}

TEST_CASE("a connection that the server closed, or sent unsolicited bytes on, is not reused") {
  for (const bool speaks : {false, true}) {
    std::unique_ptr<runtime::async_condition> now;
    bool done = false;
    client_fixture fixture([&](server_side& side) -> awaitable<void> {
      co_await side.request();
      co_await side.answer("x");
      if (side.number == 1) co_await now->wait();
      if (speaks) co_await side.send("HTTP/1.1 408 Request Timeout\r\n\r\n");
      if (!speaks) side.close();
      done = true;
      co_await side.closed();
    });
    now = std::make_unique<runtime::async_condition>(fixture.runtime.timers());
    REQUIRE_FALSE(fixture.ask().error);
    CHECK(fixture.client->idle(lane::requests) == 1);
    now->notify_all();
    fixture.until([&] { return done; });
    // The client notices it before sending, so this is no stale connection to the caller.
    const auto again = fixture.ask("/", on_stale::fail);
    CHECK_FALSE(again.error);
    CHECK(fixture.server.accepted() == 2);
  }
}

TEST_CASE("a connection with bytes behind a response is not reused") {
  client_fixture fixture([](server_side& side) -> awaitable<void> {
    co_await side.request();
    co_await side.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\n");
    co_await side.closed();
  });
  CHECK(fixture.ask().response.body == "x");
  CHECK(fixture.client->connections(lane::requests) == 0);
}

TEST_CASE("a name is resolved, and addresses that refuse connections are skipped") {
  client_fixture fixture(echo);
  const std::string address = fixture.server.address();
  fixture.client = fixture.make_client("localhost" + address.substr(address.find(':')),
                                   wire::lane_limits(2, 2, 2));
  REQUIRE_FALSE(fixture.ask().error);
  const auto first = fixture.start(http_request());
  const auto second = fixture.start(http_request());
  CHECK_FALSE(fixture.finish(*first).error);
  CHECK_FALSE(fixture.finish(*second).error);
  CHECK(fixture.server.accepted() == 2);
}

TEST_CASE("requests over a unix socket") {
  char folder[] = "/tmp/tenure-socket-XXXXXX";
  REQUIRE(::mkdtemp(folder) != nullptr);
  const std::string path = std::string(folder) + "/http.sock";
  using local = boost::asio::local::stream_protocol;
  {
    client_fixture fixture(echo);
    local::acceptor acceptor(fixture.runtime.io(), local::endpoint(path));
    const auto serve = [&]() -> awaitable<void> {
      auto socket = co_await acceptor.async_accept(boost::asio::use_awaitable);
      std::string request;
      auto buffer = boost::asio::dynamic_buffer(request);
      co_await boost::asio::async_read_until(socket, buffer, "\r\n\r\n",
                                             boost::asio::use_awaitable);
      const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
      auto bytes = boost::asio::buffer(answer);
      co_await boost::asio::async_write(socket, bytes, boost::asio::use_awaitable);
    };
    boost::asio::co_spawn(fixture.runtime.executor(), serve(), [](std::exception_ptr) {});
    fixture.client = fixture.make_client("unix://" + path, wire::lane_limits(1, 1, 1));
    CHECK(fixture.ask().response.body == "ok");
  }
  ::unlink(path.c_str());
  // No process listens there any more.
  client_fixture fixture(echo);
  fixture.client = fixture.make_client("unix://" + path, wire::lane_limits(1, 1, 1));
  const auto refused = fixture.ask();
  CHECK(refused.error);
  CHECK_FALSE(refused.sent);
  ::rmdir(folder);
}

TEST_CASE("a budget is divided so that each lane has a connection") {
  class division {
   public:
    std::size_t budget, renewals, requests, polls;
  };
  for (const division d : {division{40, 4, 8, 28}, division{80, 4, 10, 66}, division{10, 1, 2, 7},
                           division{3, 1, 1, 1}, division{1, 1, 1, 1}, division{0, 1, 1, 1},
                           division{200, 4, 10, 186}}) {
    INFO(d.budget);
    const auto limits = wire::lane_limits::divide(d.budget);
    CHECK(limits.renewals == d.renewals);
    CHECK(limits.requests == d.requests);
    CHECK(limits.polls == d.polls);
  }
}

}  // namespace
