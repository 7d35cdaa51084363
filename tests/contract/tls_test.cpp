// The HTTP server's connections with TLS: requests, streams, and every way in which they end.
#include <sys/socket.h>

#include <catch2/catch_test_macros.hpp>

#include "support/http_probe.hpp"
#include "support/tls_probe.hpp"
#include "tls_fixture.hpp"

namespace tenure::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* go_answer =
    "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";

class tls_case {
 public:
  tls_case() { folder.write(issue(authority, "server")); }

  certificate_authority authority{"test authority"};
  server_files folder;
  tls_client client;
};

wire::http_server_options short_handshakes() {
  wire::http_server_options options;
  options.handshake_time = 100ms;
  return options;
}

}  // namespace

TEST_CASE_METHOD(tls_case, "TLS: requests and responses of every size on one connection") {
  tls_server server(folder.names());
  for (const auto version : {tls_client::version::newest, tls_client::version::tls_1_2}) {
    tls_probe probe(server.address(), tls_client(version));
    for (const char* target : {"/0", "/1", "/16383", "/16384", "/70000", "/5000000", "/2"}) {
      CHECK(probe.get(target).size() == std::stoul(target + 1));
    }
    for (const std::size_t size : {std::size_t{1}, std::size_t{17'000}, std::size_t{400'000}}) {
      probe.send_raw("PUT /x HTTP/1.1\r\nHost: [::1]\r\nContent-Length: " + std::to_string(size) +
                     "\r\n\r\n" + std::string(size, 'y'));
      probe.read_until("\r\n\r\n");
      CHECK(probe.read(std::to_string(size).size()) == std::to_string(size));
    }
    // Three requests in one record, and one in many.
    const std::string request = "GET /3 HTTP/1.1\r\nHost: [::1]\r\n\r\n";
    probe.send_raw(request + request + request);
    for (int i = 0; i < 3; ++i) probe.read_until("\r\n\r\nxxx");
    for (const char byte : request) probe.send_raw(std::string_view(&byte, 1));
    probe.read_until("\r\n\r\nxxx");
  }
  CHECK(http_probe(server.plain_address()).ask("GET", "/3").body == "xxx");
}

TEST_CASE_METHOD(tls_case, "TLS: a client that does not read its response in time is dropped") {
  wire::http_server_options options;
  options.write_time = 100ms;
  tls_server server(folder.names(), options);
  tls_probe stalled(server.address(), client);
  const int small = 4096;
  ::setsockopt(stalled.descriptor(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  // More than fits into the sockets' buffers, but too little to extend the limit.
  for (int i = 0; i < 1000; ++i) stalled.send_raw("GET /60000 HTTP/1.1\r\nHost: [::1]\r\n\r\n");
  tls_probe other(server.address(), client);
  while (server.connections() > 1) CHECK(other.get("/5").size() == 5);
}

TEST_CASE_METHOD(tls_case, "TLS: a plain request gets Go's response") {
  tls_server server(folder.names(), short_handshakes());
  for (const char* method : {"GET", "PUT", "DELETE", "OPTIONS"}) {
    http_probe probe(server.address());
    probe.send(method, "/1", std::string(100'000, 'x'));
    CHECK(probe.receive_to_end() == go_answer);
  }
  // And the reverse: a plain address tells a TLS client nothing that it could mistake for TLS.
  CHECK_THROWS(tls_probe(server.plain_address(), client));
}

TEST_CASE_METHOD(tls_case, "TLS: a slow handshake ends after its time and delays no other client") {
  tls_server server(folder.names(), short_handshakes());
  tls_probe kept(server.address(), client);
  http_probe silent(server.address());
  http_probe half(server.address());
  half.send_raw(std::string("\x16\x03\x01\x02\x00\x01\x00", 7));
  http_probe drip(server.address());
  drip.send_raw("\x16");
  CHECK(tls_probe(server.address(), client).get("/3") == "xxx");
  CHECK(kept.get("/3") == "xxx");
  CHECK(silent.receive_to_end().empty());
  CHECK(half.receive_to_end().empty());
  CHECK(drip.receive_to_end().empty());
  CHECK(kept.get("/3") == "xxx");  // the time is that of the handshake alone
}

TEST_CASE_METHOD(tls_case, "TLS: bytes of no protocol end the connection") {
  const auto log = std::make_shared<server_log>();
  tls_server server(folder.names(), {}, log);
  http_probe probe(server.address());
  probe.send_raw("{\"what\": \"is this?\"}");
  probe.receive_to_end();  // an alert
  REQUIRE(log->lines().size() == 1);
  CHECK(log->lines()[0].starts_with("info TLS handshake failed client=127.0.0.1 error="));
}

TEST_CASE_METHOD(tls_case, "TLS: connections count before their handshake") {
  wire::http_server_options options;
  options.connections_per_address = 2;
  tls_server server(folder.names(), options);
  {
    http_probe silent(server.address());
    tls_probe second(server.address(), client);
    CHECK(second.get("/1") == "x");
    CHECK_THROWS(tls_probe(server.address(), client));
    http_probe plain(server.plain_address());
    CHECK(plain.receive_to_end().starts_with("HTTP/1.1 429"));
  }
  while (server.connections() > 0) {
  }
  CHECK(tls_probe(server.address(), client).get("/1") == "x");
}

TEST_CASE_METHOD(tls_case, "TLS: the server ends a connection cleanly and waits for no client") {
  tls_server server(folder.names());
  tls_probe probe(server.address(), client);
  probe.send_raw("GET /2 HTTP/1.1\r\nHost: [::1]\r\nConnection: close\r\n\r\n");
  CHECK(probe.read_to_end().ends_with("\r\n\r\nxx"));
  CHECK(probe.ended_cleanly());
  tls_probe refused(server.address(), client);
  refused.send_raw("nonsense\r\n\r\n" + std::string(100'000, 'x'));
  CHECK(refused.read_to_end().starts_with("HTTP/1.1 400 Bad Request"));
  CHECK(refused.ended_cleanly());
  tls_probe idle(server.address(), client);
  http_probe silent(server.address());
  while (server.connections() < 2) {
  }
  server.stop();
  CHECK(idle.read_to_end().empty());
  CHECK(idle.ended_cleanly());
  CHECK(silent.receive_to_end().empty());
  while (server.connections() > 0) {
  }
}

TEST_CASE_METHOD(tls_case, "TLS: the service learns of a client that leaves before its response") {
  tls_server server(folder.names());
  int left = 0;
  for (const bool clean : {true, false}) {
    tls_probe leaves(server.address(), client);
    leaves.send_raw("GET /never HTTP/1.1\r\nHost: [::1]\r\n\r\n");
    CHECK(server.closed() == left++);
    if (clean) leaves.close_notify();
    if (!clean) ::shutdown(leaves.descriptor(), SHUT_RDWR);
    while (server.closed() < left) {
    }
  }
  // A client with an idle connection may leave, too.
  tls_probe(server.address(), client).get("/1");
  while (server.connections() > 0) {
  }
  CHECK(server.closed() == left);
}

TEST_CASE_METHOD(tls_case, "TLS: a stream") {
  tls_server server(folder.names());
  tls_probe probe(server.address(), client);
  probe.send_raw("GET /stream HTTP/1.1\r\nHost: [::1]\r\n\r\n");
  probe.read_until("\r\n\r\n");
  server.stream("first");
  CHECK(probe.read_until("first\r\n") == "5\r\nfirst\r\n");
  probe.send_raw("GET /1 HTTP/1.1\r\nHost: [::1]\r\n\r\n");  // discarded
  const std::string large(0x12345, 'x');
  server.stream(large);
  CHECK(probe.read_until("x\r\n") == "12345\r\n" + large + "\r\n");
  server.stream("last");
  probe.read_until("4\r\nlast\r\n");
  server.stop();
  CHECK(probe.read_to_end() == "0\r\n\r\n");
  CHECK(probe.ended_cleanly());
}

}  // namespace tenure::test
