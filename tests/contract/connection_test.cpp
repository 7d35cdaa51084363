// HTTP itself: kept connections, pipelining, chunked bodies, invalid requests.
#include <catch2/catch_test_macros.hpp>

#include "contract.hpp"

namespace tenure::test {

TEST_CASE("A connection serves one request after another") {
  http_probe probe = connect();
  for (int i = 0; i < 3; ++i) {
    const http_answer answer = probe.ask("PUT", "/v1/kv/conn/kept", "x");
    CHECK(answer.body == "true");
    CHECK(answer.header("Connection").empty());
    CHECK(answer.header("Content-Length") == "4");
    CHECK(answer.header("Date").ends_with(" GMT"));
  }
}

TEST_CASE("Pipelined requests are answered in order") {
  http_probe probe = connect();
  probe.send("PUT", "/v1/kv/conn/ahead", "one");
  probe.send("GET", "/v1/kv/conn/ahead?raw");
  probe.send("PUT", "/v1/kv/conn/ahead", "two");
  probe.send("GET", "/v1/kv/conn/ahead?raw");
  CHECK(probe.receive().body == "true");
  CHECK(probe.receive().body == "one");
  CHECK(probe.receive().body == "true");
  CHECK(probe.receive().body == "two");
  // Also after a blocking query.
  const std::string index = std::to_string(show("conn/ahead").modify_index);
  probe.send("GET", "/v1/kv/conn/ahead?raw&wait=60s&index=" + index);
  probe.send("GET", "/v1/status/leader");
  put("conn/ahead", "three");
  CHECK(probe.receive().body == "three");
  CHECK(probe.receive().body == "\"" + server().advertised() + "\"");
}

TEST_CASE("Chunked bodies, and Expect: 100-continue") {
  http_probe probe = connect();
  probe.send_raw(
      "PUT /v1/kv/conn/chunks HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n7;x=y\r\n, world\r\n0\r\n\r\n");
  CHECK(probe.receive().body == "true");
  CHECK(show("conn/chunks").value == "hello, world");

  probe.send_raw(
      "PUT /v1/kv/conn/expect HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
      "Expect: 100-continue\r\n\r\n");
  CHECK(probe.receive().status == 100);
  probe.send_raw("ok");
  CHECK(probe.receive().body == "true");
  CHECK(show("conn/expect").value == "ok");
}

TEST_CASE("Connection: close") {
  http_probe probe = connect();
  probe.send_raw("GET /v1/status/leader HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const http_answer answer = probe.receive();
  CHECK(answer.status == 200);
  CHECK(answer.header("Connection") == "close");
  CHECK(probe.receive_to_end().empty());

  http_probe old = connect();
  old.send_raw("GET /v1/status/leader HTTP/1.0\r\n\r\n");
  CHECK(old.receive_to_end().ends_with("\r\n\r\n\"" + server().advertised() + "\""));
}

TEST_CASE("Invalid HTTP gets a 400 and the connection is closed") {
  for (const char* nonsense : {"nonsense\r\n\r\n", "GET\r\n\r\n",
                               "GET /v1/kv/a HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n",
                               "GET /v1/kv/%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                               "GET /v1/status/leader HTTP/1.1\r\n\r\n",
                               "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
                               "GET / HTTP/1.1\r\nHost: x/y\r\n\r\n",
                               "GET v1/kv/a HTTP/1.1\r\nHost: x\r\n\r\n",
                               "GET / HTTP/1.1\r\nHost : x\r\n\r\n",
                               "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\n"}) {
    INFO(nonsense);
    http_probe probe = connect();
    probe.send_raw(nonsense);
    const http_answer answer = probe.receive();
    CHECK(answer.status == 400);
    CHECK(answer.header("Content-Type") == "text/plain; charset=utf-8");
    CHECK(answer.header("Connection") == "close");
    CHECK(answer.body.starts_with("400 Bad Request"));
    CHECK(probe.receive_to_end().empty());
  }
}

TEST_CASE("A target may name its server") {
  put("conn/absolute", "x");
  http_probe probe = connect();
  probe.send_raw("GET http://host:1/v1/kv/conn/absolute?raw HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(probe.receive().body == "x");
}

TEST_CASE("A client that disconnects does no harm") {
  put("conn/gone", "one");
  const std::uint64_t index = show("conn/gone").modify_index;
  {
    parked_query query("/v1/kv/conn/gone", index);
    let_park();
  }
  connect().send_raw("PUT /v1/kv/conn/gone HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf");
  put("conn/gone", "two");
  CHECK(show("conn/gone").value == "two");
}

}  // namespace tenure::test
