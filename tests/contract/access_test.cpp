// Who may send requests: the Host of a server on the loopback, the token, and what the log says.
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <tenure/toolkit/base64.hpp>
#include <tenure/toolkit/http_server.hpp>
#include <thread>
#include <vector>

#include "runtime/environment.hpp"
#include "support/agent_thread.hpp"
#include "support/http_probe.hpp"
#include "tls_fixture.hpp"

namespace tenure::test {
namespace {

namespace asio = boost::asio;

/// Answers every request with 200.
class open_server final : public wire::http_service {
 public:
  explicit open_server(wire::http_access access, const std::string& address = "127.0.0.1:0",
                       std::size_t requests_per_second = 0)
      : log(std::make_shared<server_log>()),
        timers_(runtime::system_timers(io_.get_executor())) {
    wire::http_server_options options;
    options.access = std::move(access);
    options.log = log;
    options.requests_per_second = requests_per_second;
    server_ = std::make_unique<wire::http_server>(io_.get_executor(), *timers_, *this, options);
    port_ = server_->listen(address);
    thread_ = std::thread([this] {
      const auto work = asio::make_work_guard(io_);
      io_.run();
    });
  }
  ~open_server() override {
    asio::post(io_, [this] {
      server_.reset();
      io_.stop();
    });
    thread_.join();
  }

  http_answer ask(const std::string& headers, const std::string& line = "GET / HTTP/1.1") const {
    http_probe probe("127.0.0.1:" + std::to_string(port_));
    probe.send_raw(line + "\r\n" + headers + "\r\n");
    return probe.receive(line.starts_with("HEAD"));
  }
  int host(const std::string& name) const { return ask("Host: " + name + "\r\n").status; }
  int authorized(const std::string& value, const std::string& line = "GET / HTTP/1.1") const {
    return ask("Host: localhost\r\nAuthorization: " + value + "\r\n", line).status;
  }

  const std::shared_ptr<server_log> log;

 private:
  void on_request(std::uint64_t id, runtime::http_request) override {
    server_->respond(id, runtime::http_response(200, "yes"));
  }
  void on_closed(std::uint64_t) override {}

  asio::io_context io_{1};
  std::shared_ptr<runtime::timers> timers_;
  std::unique_ptr<wire::http_server> server_;
  unsigned short port_ = 0;
  std::thread thread_;
};

std::string basic(const std::string& pair) { return "Basic " + text::base64_encode(pair); }

wire::http_access with_token(const std::string& token) {
  wire::http_access access;
  access.token = wire::token_of(token);
  return access;
}

}  // namespace

TEST_CASE("A server on the loopback answers for the loopback, IP addresses and its own names") {
  wire::http_access access;
  access.hosts = {"sidecar.example"};
  const open_server server(access);
  for (const char* good :
       {"localhost", "LocalHost:4040", "localhost.", "a.localhost", "127.0.0.1:1", "10.1.2.3",
        "[::1]:80", "[fe80::1]", "ip6-localhost", "sidecar.example:80", "Sidecar.Example.", ""}) {
    INFO(good);
    CHECK(server.host(good) == 200);
  }
  for (const char* bad :
       {"evil.example", "evil.example:4040", "localhost.evil.example", "127.0.0.1.evil.example",
        "notlocalhost", ".localhost", "127.1", "2130706433", "x", "sidecar.example.evil.example"}) {
    INFO(bad);
    const http_answer answer = server.ask("Host: " + std::string(bad) + "\r\n");
    CHECK(answer.status == 403);
    CHECK(answer.header("Connection") == "close");
    CHECK(answer.body.starts_with("403 Forbidden: this server does not answer for this Host"));
  }
  // The target may name a server, too.
  CHECK(server.ask("Host: localhost\r\n", "GET http://localhost:1/ HTTP/1.1").status == 200);
  CHECK(server.ask("Host: localhost\r\n", "GET http://evil.example/ HTTP/1.1").status == 403);
  // HTTP/1.0 without a Host: no browser sends that.
  CHECK(server.ask("", "GET / HTTP/1.0").status == 200);
}

TEST_CASE("A request for another host has one log line, however many there are") {
  const open_server server({});
  for (int i = 0; i < 5; ++i) CHECK(server.host("evil.example") == 403);
  CHECK(server.log->lines() ==
        std::vector<std::string>{"warn request for another host refused client=127.0.0.1 "
                                 "host=evil.example requests=1"});
}

TEST_CASE("A request for another host is refused before its body is read") {
  const open_server server({});
  CHECK(server.ask("Host: evil.example\r\nContent-Length: 100000\r\n", "PUT / HTTP/1.1").status ==
        403);
}

TEST_CASE("A server on the network answers for every host, and a warning says what is missing") {
  const open_server server({}, "0.0.0.0:0");
  CHECK(server.host("any.example") == 200);
  CHECK(server.log->lines() ==
        std::vector<std::string>{"warn listening unprotected on the network address=0.0.0.0:0 "
                                 "missing=TLS, token"});
  const open_server guarded(with_token("s3same"), "0.0.0.0:0");
  CHECK(guarded.log->lines() ==
        std::vector<std::string>{"warn listening unprotected on the network address=0.0.0.0:0 "
                                 "missing=TLS"});
}

TEST_CASE("Requests need the token, except those for the probes") {
  const open_server server(with_token("open sesame"));
  CHECK(server.authorized("Bearer open sesame") == 200);
  CHECK(server.authorized("bearer  open sesame") == 200);
  CHECK(server.authorized(basic("anyone:open sesame")) == 200);
  CHECK(server.authorized(basic("anyone:open sesame"), "HEAD / HTTP/1.1") == 200);
  for (const std::string& bad :
       {std::string("Bearer open"), std::string("Bearer open sesame!"), std::string("Bearer"),
        std::string("open sesame"), std::string("Bearer "), std::string("Basic !"),
        basic("open sesame"), basic("open sesame:")}) {
    INFO(bad);
    CHECK(server.authorized(bad) == 401);
  }
  // A browser would send a password with another site's form.
  CHECK(server.authorized(basic("anyone:open sesame"), "POST / HTTP/1.1") == 401);
  CHECK(server.authorized("Bearer open sesame", "POST / HTTP/1.1") == 200);
  CHECK(server.ask("Host: localhost\r\n").status == 401);
  CHECK(server.ask("Host: localhost\r\n", "GET /healthz HTTP/1.1").status == 200);
  CHECK(server.ask("Host: localhost\r\n", "GET /readyz?x HTTP/1.1").status == 200);
  CHECK(server.ask("Host: localhost\r\n", "GET /healthz/ HTTP/1.1").status == 401);
  const std::vector<std::string> lines = server.log->lines();
  CHECK(lines.size() == 1);
  for (const std::string& line : lines) CHECK(line.find("sesame") == line.npos);
}

TEST_CASE("Guesses of the token count as requests of their client") {
  const open_server server(with_token("s3same"), "127.0.0.1:0", 3);
  std::vector<int> seen;
  for (int i = 0; i < 12; ++i) seen.push_back(server.authorized("Bearer guess"));
  CHECK(seen.front() == 401);
  CHECK(std::ranges::count(seen, 429) > 0);
}

TEST_CASE("Requests that cannot be read count as requests of their client") {
  for (const char* const bad : {"GET /%zz HTTP/1.1", "GET / HTTP/7.7", "nonsense"}) {
    CAPTURE(bad);
    const open_server server({}, "127.0.0.1:0", 3);
    std::vector<int> seen;
    for (int i = 0; i < 12; ++i) seen.push_back(server.ask("Host: localhost\r\n", bad).status);
    CHECK(seen.front() >= 400);
    CHECK(seen.front() != 429);
    CHECK(std::ranges::count(seen, 429) > 0);
  }
}

TEST_CASE("A token file is read again when it changes, and a useless one changes nothing") {
  const server_files files;
  files.write("token", "first\n");
  wire::http_access access;
  const auto log = std::make_shared<server_log>();
  access.token = wire::token_in_file(files.path("token"), log);
  const open_server server(access);
  CHECK(server.authorized("Bearer first") == 200);
  files.write("token", "another\n");
  CHECK(server.authorized("Bearer first") == 401);
  CHECK(server.authorized("Bearer another") == 200);
  files.write("token", "");
  CHECK(server.authorized("Bearer another") == 200);
  CHECK(server.authorized("Bearer ") == 401);
  CHECK(log->lines().size() == 2);
  CHECK_THROWS_AS(wire::token_in_file(files.path("none")), bad_configuration);
  CHECK_THROWS_AS(wire::token_of("new\nline"), bad_configuration);
}

TEST_CASE("The agent takes its token as Consul does, and checks the Host") {
  agent::server_options options;
  options.access.token = wire::token_of("s3same");
  agent_thread agent(options);
  const auto status = [&](const std::string& headers) {
    http_probe probe(agent.address());
    probe.send_raw("GET /v1/status/leader HTTP/1.1\r\n" + headers + "\r\n");
    return probe.receive().status;
  };
  CHECK(status("Host: localhost\r\nX-Consul-Token: s3same\r\n") == 200);
  CHECK(status("Host: localhost\r\nAuthorization: Bearer s3same\r\n") == 200);
  CHECK(status("Host: localhost\r\nX-Consul-Token: guess\r\n") == 403);
  CHECK(status("Host: localhost\r\n") == 403);
  CHECK(status("Host: evil.example\r\nX-Consul-Token: s3same\r\n") == 403);
}

}  // namespace tenure::test
