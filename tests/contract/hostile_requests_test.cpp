// Hostile and unusual requests to the HTTP server: what it refuses, what it closes, and how clients
// that hold connections make room for others.
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <memory>
#include <tenure/toolkit/http_server.hpp>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/environment.hpp"
#include "support/http_probe.hpp"

namespace tenure::test {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// Sends a first piece, and no other.
class silent_stream final : public wire::http_stream {
 public:
  std::shared_ptr<const std::string> next() override { return std::exchange(first_, nullptr); }

 private:
  std::shared_ptr<const std::string> first_ = std::make_shared<const std::string>("first");
};

/// Those of the requests below.
wire::http_server_options with_hosts(wire::http_server_options options) {
  options.access.hosts = {"x", "y"};
  return options;
}

/// GET /stream gets a stream; any other request is answered with what was understood of it.
class echo_server final : public wire::http_service {
 public:
  explicit echo_server(wire::http_server_options options = {})
      : timers_(runtime::system_timers(io_.get_executor())),
        server_(std::make_unique<wire::http_server>(io_.get_executor(), *timers_, *this,
                                                    with_hosts(std::move(options)))) {
    server_->listen("127.0.0.1:0");
    address_ = "127.0.0.1:" + std::to_string(server_->port());
    thread_ = std::thread([this] {
      const auto work = asio::make_work_guard(io_);
      io_.run();
    });
  }
  ~echo_server() override {
    asio::post(io_, [this] {
      server_.reset();
      io_.stop();
    });
    thread_.join();
  }
  const std::string& address() const noexcept { return address_; }

 private:
  void on_request(std::uint64_t id, runtime::http_request request) override {
    if (request.target != "/stream") {
      std::string text = request.method + ' ' + request.target + ' ' + request.body;
      for (const auto& [name, value] : request.headers) text += '\n' + name;
      return server_->respond(id, runtime::http_response(200, text));
    }
    runtime::http_response head(200, "");
    if (request.method == "HEAD") return server_->respond_head(id, std::move(head));
    using place = wire::http_server::stream_place;
    switch (server_->find_stream_place(id)) {
      case place::free: break;
      case place::address_full: return server_->respond(id, runtime::http_response(429, "full"));
      case place::server_full: return server_->respond(id, runtime::http_response(503, "full"));
    }
    server_->respond(id, std::move(head), std::make_unique<silent_stream>());
  }
  void on_closed(std::uint64_t) override {}

  asio::io_context io_{1};
  std::shared_ptr<runtime::timers> timers_;
  std::unique_ptr<wire::http_server> server_;
  std::string address_;
  std::thread thread_;
};

struct hostile {
  const char* request;
  int status;
  const char* body;  ///< what it begins with
};

constexpr hostile refused[] = {
    {"GET / HTTP/1.1\nHost: x\n\n", 400, "400 Bad Request"},
    {"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400,
     "400 Bad Request: too many Host headers"},
    {"GET / HTTP/1.1\r\nHost: x/y\r\n\r\n", 400, "400 Bad Request: malformed Host header"},
    {"GET http://x/ HTTP/1.1\r\n\r\n", 400, "400 Bad Request: missing required Host header"},
    {"GET x HTTP/1.1\r\nHost: x\r\n\r\n", 400, "400 Bad Request"},
    {"GET /%4 HTTP/1.1\r\nHost: x\r\n\r\n", 400, "400 Bad Request"},
    {"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505, "505 HTTP Version Not Supported"},
    {"GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n", 400, "400 Bad Request"},
    {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
     "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n", 400, "400 Bad Request"},
    {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nbody\n", 400,
     "400 Bad Request"},
    {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", 501,
     "501 Not Implemented: Unsupported transfer encoding"},
    {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "400 Bad Request"},
    {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n\r\n", 400,
     "400 Bad Request"},
    {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nx\r\n0\r\n\r\n", 400,
     "400 Bad Request"},
    {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n0\r\n\r\n",
     400, "400 Bad Request"},
    {"GET / HTTP/1.1\r\nHost: x\r\nExpect: tea\r\n\r\n", 417, "417 Expectation Failed"},
};

constexpr hostile answered[] = {
    {"\r\n\r\nGET /a?b HTTP/1.1\r\nHost: x\r\n\r\n", 200, "GET /a?b "},
    {"GET http://y:80/a?b HTTP/1.1\r\nHost: x\r\n\r\n", 200, "GET /a?b "},
    {"GET http://y HTTP/1.1\r\nHost:\r\n\r\n", 200, "GET / "},
    {"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 200, "OPTIONS * "},
    {"BREW /a%2Fb HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n", 200, "BREW /a%2Fb "},
    {"PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\n\r\n",
     200, "PUT / abc"},
    {"PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
     "1\r\na\r\n0\r\nTrailer: of the body\r\n\r\n", 200, "PUT / a"},
    {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 200, "GET / "},
};

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// Whether the server still has the connection.
bool open(http_probe& probe) {
  try {
    return probe.ask("GET", "/still").status == 200;
  } catch (const std::exception&) {
    return false;
  }
}

/// Asks for a stream, and does not wait for its end.
int ask_for_stream(http_probe& probe) {
  probe.send("GET", "/stream");
  return probe.receive(true).status;
}

}  // namespace

TEST_CASE("Hostile requests are refused, and the connection is closed") {
  echo_server server;
  for (const hostile& one : refused) {
    INFO(one.request);
    http_probe probe(server.address());
    probe.send_raw(one.request);
    const http_answer answer = probe.receive();
    CHECK(answer.status == one.status);
    CHECK(answer.body.starts_with(one.body));
    CHECK(answer.header("Connection") == "close");
    CHECK(probe.receive_to_end().empty());  // no answer to what follows
  }
}

TEST_CASE("Unusual requests are answered, one after another") {
  echo_server server;
  http_probe probe(server.address());
  for (const hostile& one : answered) {
    INFO(one.request);
    probe.send_raw(one.request);
    const http_answer answer = probe.receive();
    CHECK(answer.status == one.status);
    CHECK(answer.body.starts_with(one.body));
  }
  // All of them at once.
  std::string all;
  for (const hostile& one : answered) all += one.request;
  probe.send_raw(all);
  for (const hostile& one : answered) CHECK(probe.receive().body.starts_with(one.body));
}

TEST_CASE("A request may arrive in any pieces") {
  echo_server server;
  const std::string request =
      "PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
      "GET /b HTTP/1.1\r\nHost: x\r\n\r\n";
  for (std::size_t size : {std::size_t{1}, std::size_t{7}, request.size() - 1}) {
    http_probe probe(server.address());
    for (std::size_t at = 0; at < request.size(); at += size) {
      probe.send_raw(std::string_view(request).substr(at, size));
    }
    CHECK(probe.receive().body == "PUT /a abc");
    CHECK(probe.receive().body == "GET /b ");
  }
}

TEST_CASE("The lengths of header and target are limited") {
  wire::http_server_options options;
  options.header_limit = 4000;
  options.target_limit = 1000;
  echo_server server(options);
  const auto status = [&](const std::string& request) {
    http_probe probe(server.address());
    probe.send_raw(request);
    return probe.receive().status;
  };
  const std::string end = " HTTP/1.1\r\nHost: x\r\n\r\n";
  CHECK(status("GET /" + std::string(999, 'x') + end) == 200);
  CHECK(status("GET /" + std::string(1000, 'x') + end) == 414);
  CHECK(status("GET /" + std::string(100'000, 'x')) == 414);  // without an end
  CHECK(status("GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(3000, 'x') + "\r\n\r\n") == 200);
  CHECK(status("GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(4000, 'x') + "\r\n\r\n") == 431);
  CHECK(status("GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(100'000, 'x')) == 431);
}

TEST_CASE("What frames the chunks of a body is limited") {
  echo_server server;
  const std::string head = "PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const char* begin : {"1;", "0\r\nX: ", "1\r\na\r\n1;"}) {
    http_probe probe(server.address());
    probe.send_raw(head + begin);
    const std::string piece(10'000, 'x');
    for (int i = 0; i < 50; ++i) probe.send_raw(piece);
    CHECK(probe.receive().status == 400);
  }
}

TEST_CASE("A HEAD has the headers of its GET and no body") {
  echo_server server;
  http_probe probe(server.address());
  probe.send("HEAD", "/four");
  CHECK(probe.receive(true).header("Content-Length") == "11");
  probe.send("HEAD", "/stream");
  const http_answer head = probe.receive(true);
  CHECK(head.status == 200);
  CHECK(head.header("Content-Length").empty());
  CHECK(head.header("Transfer-Encoding").empty());
  CHECK(probe.ask("GET", "/next").body == "GET /next ");
}

TEST_CASE("A keep-alive of HTTP/1.0 is confirmed") {
  echo_server server;
  http_probe probe(server.address());
  for (int i = 0; i < 2; ++i) {
    probe.send_raw("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    CHECK(probe.receive().header("Connection") == "keep-alive");
  }
}

TEST_CASE("The headers that frame a body are not passed on with it") {
  wire::http_server_options options;
  options.all_headers = true;
  options.body_limit = 3;
  echo_server server(options);
  http_probe probe(server.address());
  CHECK(probe.ask("PUT", "/", "abc").body == "PUT / abc\nHost");
  CHECK(probe.ask("PUT", "/", "abcd").body == "PUT / \nHost\nContent-Length");
}

TEST_CASE("Connections without requests are closed after their time") {
  wire::http_server_options options;
  options.first_time = 50ms;
  options.idle_time = 200ms;
  options.header_time = 50ms;
  options.header_limit = 64UL * 1024 * 1024;
  echo_server server(options);
  http_probe kept(server.address());
  const auto begin = std::chrono::steady_clock::now();
  CHECK(kept.ask("GET", "/").status == 200);
  CHECK(http_probe(server.address()).receive_to_end().empty());
  CHECK(kept.receive_to_end().empty());
  CHECK(seconds_since(begin) >= 0.2);
  // Bytes do not prolong the time of a header.
  http_probe slow(server.address());
  const auto start = std::chrono::steady_clock::now();
  while (!slow.has_input()) slow.send_raw("G");  // until the server closes
  CHECK(slow.receive_to_end().empty());
  CHECK(seconds_since(start) < 30);
}

TEST_CASE("A connection takes the place of the one that has waited longest") {
  wire::http_server_options options;
  options.connections = 4;
  options.excess_connection = wire::http_server_options::excess::displaces;
  echo_server server(options);
  http_probe stream(server.address());
  CHECK(ask_for_stream(stream) == 200);
  http_probe first(server.address());
  CHECK(open(first));
  http_probe silent(server.address());
  http_probe partial(server.address());
  partial.send_raw("GET / HT");
  CHECK(open(first));  // now the silent one has waited longest
  http_probe more(server.address());
  CHECK(open(more));
  CHECK(silent.receive_to_end().empty());
  http_probe even_more(server.address());
  CHECK(open(even_more));
  CHECK(partial.receive_to_end().empty());
  CHECK(open(first));
  // Streams do not make room.
  std::vector<http_probe> streams;
  for (int i = 0; i < 3; ++i) {
    streams.emplace_back(server.address());
    CHECK(ask_for_stream(streams.back()) == 200);
  }
  CHECK(http_probe(server.address()).receive().status == 503);
}

TEST_CASE("The limit of an address makes room by its own connections") {
  wire::http_server_options options;
  options.connections_per_address = 2;
  options.excess_connection = wire::http_server_options::excess::displaces;
  echo_server server(options);
  http_probe one(server.address());
  CHECK(open(one));
  http_probe two(server.address());
  CHECK(open(two));
  http_probe three(server.address());
  CHECK(open(three));
  CHECK(one.receive_to_end().empty());
  CHECK(open(two));
}

TEST_CASE("Streams of an address count apart, and those of a proxy do not count") {
  wire::http_server_options options;
  options.connections_per_address = 2;
  options.streams_per_address = 3;
  for (const bool proxy : {false, true}) {
    if (proxy) options.proxies.push_back(wire::ip_range::parse("127.0.0.0/8").value());
    echo_server server(options);
    std::vector<http_probe> streams;
    for (int i = 0; i < 4; ++i) {
      streams.emplace_back(server.address());
      CHECK(ask_for_stream(streams.back()) == (i < 3 || proxy ? 200 : 429));
    }
    if (!proxy) {  // a stream that ends makes room
      streams.front().close();
      for (int status = 0; status != 200;) {
        http_probe next(server.address());
        status = ask_for_stream(next);
      }
    }
    http_probe request(server.address());
    CHECK(open(request));
  }
}

TEST_CASE("Streams leave places for requests") {
  wire::http_server_options options;
  options.connections = 64;
  options.excess_connection = wire::http_server_options::excess::displaces;
  echo_server server(options);
  std::vector<http_probe> streams;
  for (int i = 0; i < 63; ++i) {
    streams.emplace_back(server.address());
    CHECK(ask_for_stream(streams.back()) == (i < 62 ? 200 : 503));
  }
  http_probe request(server.address());
  CHECK(open(request));
}

}  // namespace tenure::test
