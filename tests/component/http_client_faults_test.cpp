// The HTTP client with failing servers, deadlines and cancellation.
#include <sys/socket.h>

#include <boost/asio/error.hpp>
#include <catch2/catch_test_macros.hpp>
#include <tuple>
#include <vector>

#include "component/http_client_fixture.hpp"

namespace {

using namespace tenure;
using namespace std::chrono_literals;
using boost::asio::awaitable;
using boost::asio::ip::tcp;
using runtime::http_request;
using runtime::lane;
using runtime::on_stale;
using test::client_fixture;
using test::server_side;
namespace error = boost::asio::error;

// Never answers.
awaitable<void> mute(server_side& side) {
  co_await side.request();
  co_await side.closed();
}

// Answers one request on the first connection and closes it after reading the next. Serves later
// connections.
class fickle {
 public:
  explicit fickle(bool resets) : resets_(resets) {}
  awaitable<void> operator()(server_side& side) const {
    co_await side.request();
    co_await side.answer("first");
    co_await side.request();
    if (side.number == 1 && resets_) side.reset();
    if (side.number == 1) co_return;
    co_await side.answer("second");
    co_await side.closed();
  }

 private:
  bool resets_;
};

TEST_CASE("a request on a stale connection is sent again if the caller allows it") {
  for (const bool resets : {false, true}) {
    client_fixture fixture{fickle(resets)};
    REQUIRE_FALSE(fixture.ask().error);
    const auto again = fixture.ask("/", on_stale::resend);
    CHECK_FALSE(again.error);
    CHECK(again.response.body == "first");  // of the second connection
    CHECK(fixture.server.accepted() == 2);
  }
}

TEST_CASE("a request that must not be repeated counts as sent when its response is lost") {
  for (const bool resets : {false, true}) {
    client_fixture fixture{fickle(resets)};
    REQUIRE_FALSE(fixture.ask().error);
    const auto lost = fixture.ask(http_request("PUT", "/", "x"), on_stale::fail);
    const error_code expected = resets ? error_code(error::connection_reset) : error::eof;
    CHECK(lost.error == expected);
    CHECK(lost.sent);
    CHECK(fixture.server.accepted() == 1);
    CHECK(fixture.client->connections(lane::requests) == 0);
  }
}

TEST_CASE("a request that breaks on a new connection is never sent again") {
  client_fixture fixture([](server_side& side) -> awaitable<void> { co_await side.request(); });
  const auto lost = fixture.ask("/", on_stale::resend);
  CHECK(lost.error == error::eof);
  CHECK(lost.sent);
  CHECK(fixture.server.accepted() == 1);
}

TEST_CASE("a truncated response does not count as a stale connection") {
  client_fixture fixture([](server_side& side) -> awaitable<void> {
    co_await side.request();
    co_await side.answer("whole");
    co_await side.request();
    co_await side.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhal");
  });
  REQUIRE_FALSE(fixture.ask().error);
  const auto cut = fixture.ask("/", on_stale::resend);
  CHECK(cut.error == error::eof);
  CHECK(cut.sent);
  CHECK(fixture.server.accepted() == 1);
}

TEST_CASE("without a server nothing was sent") {
  std::string address;
  {
    testing::manual_runtime runtime;
    const test::loopback_server gone(runtime, mute);
    address = gone.address();
  }
  client_fixture fixture(mute);
  fixture.client = fixture.make_client(address, wire::lane_limits(1, 1, 1));
  const auto refused = fixture.ask("/", on_stale::resend);
  CHECK(refused.error == error::connection_refused);
  CHECK_FALSE(refused.sent);
  CHECK(fixture.client->connections(lane::requests) == 0);
}

TEST_CASE("responses that are too large or not HTTP are errors") {
  for (const std::string& bytes :
       {std::string("SSH-2.0-OpenSSH\r\n\r\n"), std::string("HTTP/1.1 abc\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nx"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nx"),
        "HTTP/1.1 200 OK\r\nX: " + std::string(40'000, 'x') + "\r\n\r\n",
        std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + std::string(200'000, 'a'),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(200'000, '0'),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nT: " +
            std::string(200'000, 'a')}) {
    client_fixture fixture([&](server_side& side) -> awaitable<void> {
      co_await side.request();
      co_await side.send(bytes);
      co_await side.closed();
    });
    const auto trip = fixture.ask();
    INFO(bytes.substr(0, 60) << ": " << trip.error.message());
    CHECK(trip.error == consul_errc::bad_answer);
    CHECK(trip.sent);
    CHECK(fixture.client->connections(lane::requests) == 0);
  }
}

TEST_CASE("a deadline closes the connection and frees its slot") {
  client_fixture fixture(mute, wire::lane_limits(1, 1, 1));
  const auto asked = fixture.start(http_request());
  fixture.until([&] { return fixture.server.accepted() == 1; });
  fixture.runtime.advance(10s - 1ns);
  CHECK_FALSE(asked->result);
  fixture.runtime.advance(1ns);
  const auto late = fixture.finish(*asked);
  CHECK(late.error == consul_errc::timed_out);
  CHECK(late.sent);
  CHECK(fixture.client->connections(lane::requests) == 0);
  fixture.until([&] { return fixture.server.open() == 0; });
  // No timer stays armed, and the next request gets a connection.
  CHECK(fixture.runtime.next_timer() == time_point::max());
  const auto next = fixture.start(http_request());
  fixture.until([&] { return fixture.server.accepted() == 2; });
  next->cancel();
  CHECK(fixture.finish(*next).error == error::operation_aborted);
}

TEST_CASE("after its deadline a request is not sent") {
  client_fixture fixture(mute);
  const auto asked = fixture.start(http_request(), on_stale::resend, lane::requests, -1s);
  const auto late = fixture.finish(*asked);
  CHECK(late.error == consul_errc::timed_out);
  CHECK_FALSE(late.sent);
  CHECK(fixture.server.accepted() == 0);
}

TEST_CASE("the deadline includes the wait for a connection") {
  client_fixture fixture(mute, wire::lane_limits(1, 1, 1));
  const auto first = fixture.start(http_request(), on_stale::fail, lane::requests, 60s);
  const auto second = fixture.start(http_request(), on_stale::fail, lane::requests, 5s);
  fixture.until([&] { return fixture.server.accepted() == 1; });
  fixture.runtime.advance(5s);
  REQUIRE(second->result);
  CHECK(second->result->error == consul_errc::timed_out);
  CHECK_FALSE(second->result->sent);
  CHECK_FALSE(first->result);
  first->cancel();
  fixture.finish(*first);
}

TEST_CASE("waiting requests are served in order, cancelled ones are skipped") {
  std::vector<std::string> seen;
  client_fixture fixture(
      [&](server_side& side) -> awaitable<void> {
        for (;;) {
          const std::string request = co_await side.request();
          seen.push_back(request.substr(0, request.find(" HTTP")));
          co_await side.answer("x");
        }
      },
      wire::lane_limits(1, 1, 1));
  std::vector<std::unique_ptr<test::exchange>> asked;
  for (int i = 0; i < 5; ++i)
    asked.push_back(fixture.start(http_request("GET", "/" + std::to_string(i))));
  // All but the first are queued: none has a response yet.
  fixture.runtime.io().restart();
  fixture.runtime.io().poll_one();
  asked[2]->cancel();
  for (const auto& one : asked) fixture.finish(*one);
  CHECK(seen == std::vector<std::string>{"GET /0", "GET /1", "GET /3", "GET /4"});
  CHECK(fixture.server.accepted() == 1);
}

TEST_CASE("a request that is cancelled when it gets its slot passes it on") {
  std::string seen;
  client_fixture fixture(
      [&](server_side& side) -> awaitable<void> {
        const std::string request = co_await side.request();
        seen = request.substr(0, request.find(" HTTP"));
        co_await side.closed();
      },
      wire::lane_limits(1, 1, 1));
  const auto first = fixture.start(http_request("GET", "/1"));
  const auto second = fixture.start(http_request("GET", "/2"));
  const auto third = fixture.start(http_request("GET", "/3"));
  fixture.until([&] { return seen == "GET /1"; });
  // The end of the first hands its slot to the second, which is cancelled in the same turn.
  first->cancel();
  while (!first->result) {
    fixture.runtime.io().restart();
    REQUIRE(fixture.runtime.io().run_one() == 1);
  }
  second->cancel();
  CHECK(fixture.finish(*second).error == error::operation_aborted);
  fixture.until([&] { return seen == "GET /3"; });
  CHECK_FALSE(third->result);
  third->cancel();
  CHECK(fixture.finish(*third).error == error::operation_aborted);
  CHECK(fixture.client->connections(lane::requests) == 0);
}

// At some of the steps a part of the response has been read, and the operation that reads it has
// not run on yet.
TEST_CASE("cancellation ends a request whose response stays incomplete, at any moment") {
  for (const char* part : {"HTTP/1.1 200 OK\r\nContent-Le",
                           "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhal"}) {
    for (int steps = 0; steps < 40; ++steps) {
      client_fixture fixture([&](server_side& side) -> awaitable<void> {
        co_await side.request();
        co_await side.send(part);
        co_await side.closed();
      });
      const auto asked = fixture.start(http_request());
      fixture.runtime.io().restart();
      for (int i = 0; i < steps; ++i) fixture.runtime.io().poll_one();
      asked->cancel();
      fixture.runtime.run_until_idle();
      INFO("after " << steps << " steps");
      CHECK(asked->result);
      fixture.runtime.advance(10s);  // for a request that goes on
      CHECK(fixture.finish(*asked).error == error::operation_aborted);
      CHECK(fixture.client->connections(lane::requests) == 0);
    }
  }
}

TEST_CASE("cancellation closes the connection, at any moment and exactly once") {
  // Cancels after each possible number of steps of the loop, until the response comes first.
  bool answered = false;
  for (int steps = 0; !answered; ++steps) {
    INFO("after " << steps << " steps");
    REQUIRE(steps < 200);
    client_fixture fixture([](server_side& side) -> awaitable<void> {
      co_await side.request();
      co_await side.answer("x");
      co_await side.closed();
    });
    answered = fixture.answers_before_cancel(steps);
  }
}

TEST_CASE("lanes do not wait for each other") {
  client_fixture fixture(
      [](server_side& side) -> awaitable<void> {
        for (;;) {
          const std::string request = co_await side.request();
          if (request.starts_with("GET /poll")) break;
          co_await side.answer("x");
        }
        co_await side.closed();
      },
      wire::lane_limits(1, 1, 2));
  std::vector<std::unique_ptr<test::exchange>> polls;
  for (int i = 0; i < 5; ++i)
    polls.push_back(fixture.start(http_request("GET", "/poll"), on_stale::resend, lane::polls));
  fixture.until([&] { return fixture.server.accepted() == 2; });
  CHECK(fixture.client->connections(lane::polls) == 2);
  const auto renewal =
      fixture.start(http_request("PUT", "/renew"), on_stale::resend, lane::renewals);
  CHECK_FALSE(fixture.finish(*renewal).error);
  CHECK_FALSE(fixture.ask().error);
  CHECK(fixture.server.accepted() == 4);
  for (const auto& poll : polls) poll->cancel();
  for (const auto& poll : polls) fixture.finish(*poll);
  CHECK(fixture.client->connections(lane::polls) == 0);
}

TEST_CASE("connecting times out after three seconds") {
  // A listener with a full queue: further connections neither succeed nor fail.
  client_fixture fixture(mute);
  auto& io = fixture.runtime.io();
  tcp::acceptor full(io);
  full.open(tcp::v4());
  full.bind(tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
  full.listen(0);
  std::vector<tcp::socket> fillers;
  for (int i = 0; i < 4; ++i) {
    fillers.emplace_back(io);
    fillers.back().open(tcp::v4());
    fillers.back().native_non_blocking(true);
    // Not by Asio's connect, which waits even on a non-blocking socket.
    const auto to = full.local_endpoint();
    std::ignore = ::connect(fillers.back().native_handle(), to.data(),
                            static_cast<socklen_t>(to.size()));
  }
  const std::string port = std::to_string(full.local_endpoint().port());
  fixture.client = fixture.make_client("127.0.0.1:" + port, wire::lane_limits(1, 1, 1));
  const auto asked = fixture.start(http_request(), on_stale::resend);
  fixture.runtime.advance(3s - 1ns);
  CHECK_FALSE(asked->result);
  fixture.runtime.advance(1ns);
  const auto trip = fixture.finish(*asked);
  CHECK(trip.error == error::timed_out);  // not our deadline: there was time left
  CHECK_FALSE(trip.sent);

  const auto hurried = fixture.start(http_request(), on_stale::resend, lane::requests, 1s);
  fixture.runtime.advance(1s);
  CHECK(fixture.finish(*hurried).error == consul_errc::timed_out);
}

}  // namespace
