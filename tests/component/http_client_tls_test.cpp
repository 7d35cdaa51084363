// The HTTP client over TLS: whom it trusts, and that an exchange is what it is without TLS.
#include <boost/asio/error.hpp>
#include <catch2/catch_test_macros.hpp>
#include <tenure/toolkit/async_condition.hpp>

#include "component/http_client_tls.hpp"

namespace {

using namespace tenure;
using namespace std::chrono_literals;
using boost::asio::awaitable;
using runtime::http_request;
using runtime::lane;
using runtime::on_stale;
using test::server_side;
using test::tls_fixture;
namespace error = boost::asio::error;

awaitable<void> serve(server_side& side) {
  for (;;) {
    co_await side.request();
    co_await side.answer("x");
  }
}

awaitable<void> answer_once(server_side& side) {
  co_await side.request();
  co_await side.answer("x");
}

void check_refused(tls_fixture& fixture, std::string_view detail) {
  const auto refused = fixture.ask(http_request("PUT", "/", "x"));
  INFO(refused.detail);
  CHECK(refused.error == consul_errc::tls_failed);
  CHECK_FALSE(refused.sent);
  CHECK(refused.detail.find(detail) != std::string::npos);
  CHECK(refused.detail.find('\n') == std::string::npos);
  CHECK(fixture.client->connections(lane::requests) == 0);
}

TEST_CASE("a burst of requests costs one handshake for each connection") {
  tls_fixture fixture(serve);
  for (int i = 0; i < 20; ++i) CHECK(fixture.ask().response.body == "x");
  CHECK(fixture.server.accepted() == 1);
  std::vector<std::unique_ptr<test::exchange>> burst;
  for (int i = 0; i < 20; ++i) burst.push_back(fixture.start(http_request()));
  for (const auto& one : burst) CHECK_FALSE(fixture.finish(*one).error);
  CHECK(fixture.server.accepted() == 2);
}

TEST_CASE("the server's certificate must have the name or the address that is asked") {
  tls_fixture fixture(serve);
  fixture.serve({.own = fixture.authority.issue({.names = {"consul.example", "*.dc1.example"}})});
  check_refused(fixture,
                "the server's certificate is not for 127.0.0.1, it is for consul.example, "
                "*.dc1.example: set CONSUL_TLS_SERVER_NAME to a name that it has");
  for (const char* name : {"consul.example", "a.dc1.example", "consul.example:8501"}) {
    fixture.use(fixture.trusting().server_name(name));
    INFO(name);
    CHECK_FALSE(fixture.ask().error);
  }
  fixture.use(fixture.trusting().server_name("other.example"));
  check_refused(fixture, "is not for other.example, it is for consul.example");
  fixture.use(fixture.trusting().server_name("a.b.dc1.example"));
  check_refused(fixture, "is not for a.b.dc1.example");

  fixture.serve({.own = fixture.authority.issue({.addresses = {"127.0.0.1", "::1"}})});
  fixture.use(fixture.trusting());
  CHECK_FALSE(fixture.ask().error);
  fixture.use(fixture.trusting().server_name("[::1]"));
  CHECK_FALSE(fixture.ask().error);
  fixture.use(fixture.trusting().server_name("localhost"));
  check_refused(fixture, "it is for 127.0.0.1, ::1: set");
  // The subject's name does not count.
  fixture.serve({.own = fixture.authority.issue({})});
  fixture.use(fixture.trusting().server_name("client"));
  check_refused(fixture, "it names no host: set");
}

TEST_CASE("a host's name is sent to the server, an address is not") {
  std::string asked = "?";
  tls_fixture fixture([&](server_side& side) -> awaitable<void> {
    co_await side.request();
    const char* const name =
        ::SSL_get_servername(side.stream().tls()->native(), TLSEXT_NAMETYPE_host_name);
    asked = name == nullptr ? "" : name;
    co_await side.answer("x");
  });
  CHECK_FALSE(fixture.ask().error);
  CHECK(asked == "");
  fixture.use(fixture.trusting().server_name("localhost"));
  CHECK_FALSE(fixture.ask().error);
  CHECK(asked == "localhost");
}

TEST_CASE("an unknown authority, an expired certificate and one of the future are refused") {
  tls_fixture fixture(serve);
  const test::certificate_authority other("another authority");
  fixture.serve({.own = other.issue({.addresses = {"127.0.0.1"}})});
  check_refused(fixture, "no trusted CA signed the server's certificate (");
  check_refused(fixture, "): name the file of its CA in CONSUL_CACERT");
  fixture.serve({.own = fixture.authority.issue(
                     {.addresses = {"127.0.0.1"}, .valid_from = -7200, .valid_to = -3600})});
  check_refused(fixture, "a certificate of the server has expired (its own is valid until ");
  check_refused(fixture, " GMT): renew it, or check the clock of this host");
  fixture.serve({.own = fixture.authority.issue(
                     {.addresses = {"127.0.0.1"}, .valid_from = 3600, .valid_to = 7200})});
  check_refused(fixture, "is not valid yet (its own is valid from ");
  fixture.use(fixture.trusting().verify(false));
  CHECK_FALSE(fixture.ask().error);
  // With neither file nor folder the system's authorities are trusted, and the test's are not.
  fixture.serve(fixture.good());
  fixture.use(consul_tls());
  check_refused(fixture, "no trusted CA signed the server's certificate (");
}

TEST_CASE("each PEM file below a folder is trusted, unless a file is named") {
  tls_fixture fixture(serve);
  const test::certificate_authority other("another authority");
  fixture.folder.write("a.pem", other.cert() + fixture.authority.cert());
  fixture.folder.write("readme", "these are authorities");
  fixture.use(consul_tls().ca_path(fixture.folder.path()));
  CHECK_FALSE(fixture.ask().error);
  const std::string file = fixture.folder.write("other.pem", other.cert());
  fixture.use(consul_tls().ca_path(fixture.folder.path()).ca_file(file));
  check_refused(fixture, "no trusted CA signed the server's certificate");
}

TEST_CASE("a server that demands a client's certificate gets it, or says that it misses it") {
  tls_fixture fixture(serve);
  const test::certificate_authority other("another authority");
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    INFO("TLS " << version);
    test::server_identity strict = fixture.good();
    strict.client_ca = fixture.authority.cert();
    strict.version = version;
    fixture.serve(strict);
    fixture.use(fixture.trusting());
    check_refused(fixture, "the server demands a client certificate (alert ");
    check_refused(fixture, "): name one in CONSUL_CLIENT_CERT and CONSUL_CLIENT_KEY");
    fixture.use(fixture.showing(other.issue({})));
    check_refused(fixture, "the server rejects the client certificate (alert unknown ca): name");
    fixture.use(fixture.showing(fixture.authority.issue({.valid_to = -60})));
    check_refused(fixture, "the server rejects the client certificate (alert certificate expired)");
    fixture.use(fixture.showing(fixture.authority.issue({})));
    for (int i = 0; i < 3; ++i) CHECK_FALSE(fixture.ask(http_request("PUT", "/", "x")).error);
  }
}

TEST_CASE("the next connection resumes the session") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    std::vector<bool> resumed;
    tls_fixture fixture([&](server_side& side) -> awaitable<void> {
      resumed.push_back(::SSL_session_reused(side.stream().tls()->native()) == 1);
      co_await side.request();
      co_await side.answer("x");
      // The end is clean, or the next request finds the connection lost.
      if (side.number == 3) co_await side.request();
      if (side.number == 3) side.reset();
    });
    test::server_identity strict = fixture.good();
    strict.client_ca = fixture.authority.cert();
    strict.version = version;
    fixture.serve(strict);
    fixture.use(fixture.showing(fixture.authority.issue({})));
    for (std::size_t i = 1; i <= 5; ++i) {
      CHECK_FALSE(fixture.ask("/", on_stale::resend).error);
      if (i != 3) fixture.until([&] { return fixture.server.open() == 0; });
    }
    CHECK(resumed == std::vector<bool>{false, true, true, true, true});
    // Another server cannot resume it: the handshake is a full one.
    fixture.serve(strict);
    CHECK_FALSE(fixture.ask().error);
    CHECK_FALSE(resumed.back());
  }
}

TEST_CASE("session tickets that come late do not end a connection") {
  std::unique_ptr<runtime::async_condition> now;
  bool sent = false;
  tls_fixture fixture([&](server_side& side) -> awaitable<void> {
    co_await side.request();
    co_await side.answer("x");
    co_await now->wait();
    ::SSL_new_session_ticket(side.stream().tls()->native());
    ::SSL_do_handshake(side.stream().tls()->native());
    sent = true;
    co_await side.request();
    co_await side.answer("y");
    co_await side.closed();
  });
  now = std::make_unique<runtime::async_condition>(fixture.runtime.timers());
  CHECK(fixture.ask().response.body == "x");
  now->notify_all();
  fixture.until([&] { return sent; });
  CHECK(fixture.ask().response.body == "y");
  CHECK(fixture.server.accepted() == 1);
}

TEST_CASE("over TLS unsolicited bytes, an end or a reset make a connection stale") {
  for (const int what : {0, 1, 2}) {
    std::unique_ptr<runtime::async_condition> now;
    bool done = false;
    tls_fixture fixture([&](server_side& side) -> awaitable<void> {
      co_await side.request();
      co_await side.answer("x");
      if (side.number == 1) {
        co_await now->wait();
        if (what == 0) co_await side.send("HTTP/1.1 408 Request Timeout\r\n\r\n");
        if (what == 1) side.close();
        if (what == 2) side.reset();
        done = true;
      }
      co_await side.closed();
    });
    now = std::make_unique<runtime::async_condition>(fixture.runtime.timers());
    REQUIRE_FALSE(fixture.ask().error);
    CHECK(fixture.client->idle(lane::requests) == 1);
    now->notify_all();
    fixture.until([&] { return done; });
    CHECK_FALSE(fixture.ask("/", on_stale::fail).error);
    CHECK(fixture.server.accepted() == 2);
  }
}

TEST_CASE("over TLS a lost response leaves the outcome open, and a cut one is an error") {
  tls_fixture fixture([](server_side& side) -> awaitable<void> {
    co_await side.request();
    if (side.number == 2) co_await side.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhal");
    if (side.number == 3) side.reset();
    if (side.number == 4) side.stream().socket().close();  // without close_notify
  });
  for (const bool reset : {false, false, true, false}) {
    const auto lost = fixture.ask(http_request("PUT", "/", "x"));
    CHECK(lost.error == (reset ? error_code(error::connection_reset) : error::eof));
    CHECK(lost.sent);
    CHECK(fixture.client->connections(lane::requests) == 0);
  }
}

TEST_CASE("large requests and responses are complete over TLS") {
  const std::string large(3'000'000, 'x');
  std::size_t received = 0;
  tls_fixture fixture([&](server_side& side) -> awaitable<void> {
    const std::string request = co_await side.request();
    received = request.size();
    co_await side.answer(large);
    co_await side.closed();
  });
  const auto trip = fixture.ask(http_request("PUT", "/", large));
  REQUIRE_FALSE(trip.error);
  CHECK(trip.response.body == large);
  CHECK(received > large.size());
}

TEST_CASE("a handshake that is not answered ends with the time to connect") {
  tls_fixture fixture([](server_side& side) -> awaitable<void> { co_await side.closed(); });
  fixture.server.secure(nullptr);
  const auto asked = fixture.start(http_request("PUT", "/", "x"));
  fixture.until([&] { return fixture.server.accepted() == 1; });
  fixture.runtime.advance(3s - 1ns);
  CHECK_FALSE(asked->result);
  fixture.runtime.advance(1ns);
  const auto late = fixture.finish(*asked);
  CHECK(late.error == error::timed_out);
  CHECK_FALSE(late.sent);
  CHECK(late.detail ==
        "the server did not complete the TLS handshake in time: does this port speak TLS?");
  CHECK(fixture.runtime.next_timer() == time_point::max());
}

TEST_CASE("a port of plain HTTP is named, and a connection that is closed may be tried again") {
  tls_fixture fixture([](server_side& side) -> awaitable<void> {
    if (side.number > 1) co_return;
    char hello[16];
    auto buffer = boost::asio::buffer(hello);
    co_await side.stream().async_read_some(buffer, boost::asio::use_awaitable);
    co_await side.send("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n400 Bad Request");
  });
  fixture.server.secure(nullptr);
  check_refused(fixture,
                "the server speaks plain HTTP on this port: use its HTTPS port, or http:// "
                "without CONSUL_HTTP_SSL");
  const auto closed = fixture.ask(http_request("PUT", "/", "x"));
  CHECK(closed.error != consul_errc::tls_failed);
  CHECK_FALSE(closed.sent);
  CHECK(closed.detail.starts_with("the connection failed in the TLS handshake ("));
}

TEST_CASE("cancellation closes a connection with TLS at any moment") {
  bool answered = false;
  for (int steps = 0; !answered; ++steps) {
    INFO("after " << steps << " steps");
    REQUIRE(steps < 200);
    tls_fixture fixture(answer_once);
    answered = fixture.answers_before_cancel(steps);
  }
}

TEST_CASE("a ready context is used as it is") {
  namespace ssl = boost::asio::ssl;
  tls_fixture fixture(serve);
  auto ready = std::make_shared<ssl::context>(ssl::context::tls_client);
  fixture.use(consul_tls().context(ready));
  check_refused(fixture, "no trusted CA signed the server's certificate");
  ready->add_certificate_authority(boost::asio::buffer(fixture.authority.cert()));
  CHECK_FALSE(fixture.ask().error);
  fixture.use(consul_tls().context(ready).server_name("other.example"));
  check_refused(fixture, "is not for other.example");
}

}  // namespace
