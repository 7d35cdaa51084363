// The HTTP server's streams and limits. The tests only wait for bytes and for the server to close a
// connection.
#include <sys/socket.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <catch2/catch_test_macros.hpp>
#include <functional>
#include <future>
#include <memory>
#include <tenure/toolkit/http_server.hpp>
#include <thread>
#include <vector>

#include "runtime/environment.hpp"
#include "support/http_probe.hpp"

namespace tenure::test {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using text = std::shared_ptr<const std::string>;

/// Broadcasts the newest text to all streams of a server.
class newest {
 public:
  text now;
  std::uint64_t version = 0;
  std::vector<std::uint64_t> ids;
  int alive = 0;
  int asked = 0;
};

class newest_stream final : public wire::http_stream {
 public:
  newest_stream(newest& n, bool once) : newest_(n), once_(once) { ++newest_.alive; }
  ~newest_stream() override { --newest_.alive; }
  text next() override {
    ++newest_.asked;
    if (sent_ == newest_.version) return nullptr;
    sent_ = newest_.version;
    return newest_.now;
  }
  bool over() const noexcept override { return once_; }

 private:
  newest& newest_;
  std::uint64_t sent_ = 0;
  bool once_;
};

/// GET /stream is endless, GET /once ends; any other request gets its own headers as the answer.
class stream_server final : public wire::http_service {
 public:
  explicit stream_server(wire::http_server_options options)
      : timers_(runtime::system_timers(io_.get_executor())),
        server_(std::make_unique<wire::http_server>(io_.get_executor(), *timers_, *this,
                                                    options)) {
    server_->listen("127.0.0.1:0");
    address_ = "127.0.0.1:" + std::to_string(server_->port());
    thread_ = std::thread([this] {
      const auto work = asio::make_work_guard(io_);
      io_.run();
    });
  }
  ~stream_server() override {
    asio::post(io_, [this] {
      server_.reset();
      io_.stop();
    });
    thread_.join();
  }
  const std::string& address() const noexcept { return address_; }

  template <class F>
  auto on_its_thread(F f) {
    const auto task = std::make_shared<std::packaged_task<decltype(f())()>>(std::move(f));
    auto result = task->get_future();
    asio::post(io_, [task] { (*task)(); });
    return result.get();
  }
  void broadcast(const std::string& what) {
    on_its_thread([&] {
      newest_.now = std::make_shared<const std::string>(what);
      ++newest_.version;
      for (const std::uint64_t id : newest_.ids) server_->resume(id);
    });
  }
  int alive() { return on_its_thread([&] { return newest_.alive; }); }
  int asked() { return on_its_thread([&] { return newest_.asked; }); }
  std::uint64_t refused() { return on_its_thread([&] { return server_->refused(); }); }
  void stop() { on_its_thread([&] { server_->stop(); }); }

 private:
  void on_request(std::uint64_t id, runtime::http_request request) override {
    if (request.target != "/stream" && request.target != "/once") {
      std::string headers;
      for (const auto& [name, value] : request.headers) headers += name + '=' + value + '\n';
      return server_->respond(id, runtime::http_response(200, headers));
    }
    newest_.ids.push_back(id);
    runtime::http_response head(200, "");
    head.headers.emplace_back("Content-Type", "text/event-stream");
    server_->respond(id, std::move(head),
                     std::make_unique<newest_stream>(newest_, request.target == "/once"));
  }
  void on_closed(std::uint64_t) override {}

  asio::io_context io_{1};
  std::shared_ptr<runtime::timers> timers_;
  newest newest_;  // outlives the streams of the server
  std::unique_ptr<wire::http_server> server_;
  std::string address_;
  std::thread thread_;
};

/// Reads the raw bytes up to and including `end`.
std::string read_until(http_probe& probe, std::string_view end) {
  std::string got;
  char bytes[4096];
  // Not further: the rest stays in the kernel.
  while (!got.ends_with(end)) {
    const auto count = ::recv(probe.descriptor(), bytes, sizeof bytes, MSG_PEEK);
    REQUIRE(count > 0);
    std::size_t take = 0;
    while (take < static_cast<std::size_t>(count) && !got.ends_with(end)) got += bytes[take++];
    REQUIRE(::recv(probe.descriptor(), bytes, take, 0) == static_cast<ssize_t>(take));
  }
  return got;
}

}  // namespace

TEST_CASE("A stream has one chunk per piece and ends with the server") {
  stream_server server({});
  server.broadcast("first");
  http_probe probe(server.address());
  probe.send("GET", "/stream");
  const std::string head = read_until(probe, "\r\n\r\n");
  CHECK(head.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nDate: "));
  CHECK(head.ends_with("\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n"));
  CHECK(read_until(probe, "first\r\n") == "5\r\nfirst\r\n");
  server.broadcast(std::string(0x123, 'x'));
  CHECK(read_until(probe, "x\r\n") == "123\r\n" + std::string(0x123, 'x') + "\r\n");
  server.broadcast("last");
  server.stop();
  CHECK(probe.receive_to_end() == "4\r\nlast\r\n0\r\n\r\n");
  CHECK(server.alive() == 0);
}

TEST_CASE("A stream to a client of HTTP/1.0 has no chunks") {
  stream_server server({});
  server.broadcast("first");
  http_probe probe(server.address());
  probe.send_raw("GET /stream HTTP/1.0\r\n\r\n");
  CHECK(read_until(probe, "\r\n\r\n").ends_with("\r\nConnection: close\r\n\r\n"));
  server.broadcast("second");
  server.stop();
  const std::string all = probe.receive_to_end();
  CHECK(all.ends_with("second"));
  CHECK(all.find('\r') == std::string::npos);
}

TEST_CASE("After a stream the connection serves the next request") {
  stream_server server({});
  server.broadcast("all of it");
  http_probe probe(server.address());
  for (int i = 0; i < 3; ++i) {
    probe.send("GET", "/once");
    CHECK(read_until(probe, "0\r\n\r\n").ends_with("\r\n\r\n9\r\nall of it\r\n0\r\n\r\n"));
  }
  CHECK(probe.ask("GET", "/else").status == 200);
  CHECK(server.alive() == 0);
}

TEST_CASE("A stream ends with its client, even if the client keeps sending") {
  stream_server server({});
  server.broadcast("first");
  {
    http_probe silent(server.address());
    http_probe talker(server.address());
    for (http_probe* probe : {&silent, &talker}) {
      probe->send("GET", "/stream");
      read_until(*probe, "first\r\n");
    }
    talker.send("GET", "/stream");
    CHECK(server.alive() == 2);
  }
  while (server.alive() > 0) {
  }
  http_probe flood(server.address());
  flood.send("GET", "/stream");
  read_until(flood, "first\r\n");
  flood.send_raw(std::string(100'000, 'x'));
  while (server.alive() > 0) {
  }
}

TEST_CASE("A client that does not read is dropped after the limit and delays no other") {
  wire::http_server_options options;
  options.write_time = 1s;
  options.stream_buffer = 4096;
  stream_server server(options);
  server.broadcast("first");
  http_probe reader(server.address());
  http_probe stalled(server.address());
  const int small = 4096;
  ::setsockopt(stalled.descriptor(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  for (http_probe* probe : {&reader, &stalled}) {
    probe->send("GET", "/stream");
    read_until(*probe, "first\r\n");
  }
  // More than the kernel buffers for the stalled client; the other one gets all of it.
  const std::string much(50'000, 'x');
  for (int i = 0; i < 30; ++i) {
    server.broadcast(much + std::to_string(i));
    const std::string end = "x" + std::to_string(i) + "\r\n";
    CHECK(read_until(reader, end).size() == 6 + much.size() + end.size() - 1);
  }
  while (server.alive() > 1) {  // until the server drops the stalled one
  }
  // The bytes in the kernel may still arrive, but no end of the stream.
  server.broadcast("still here");
  read_until(reader, "still here\r\n");
}

TEST_CASE("Headers are passed to the service on request") {
  for (const bool wanted : {false, true}) {
    wire::http_server_options options;
    options.all_headers = wanted;
    stream_server server(options);
    http_probe probe(server.address());
    probe.send_raw("GET /x HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: 7\r\n\r\n");
    CHECK(probe.receive().body == (wanted ? "Host=localhost\nLast-Event-ID=7\n" : ""));
  }
}

TEST_CASE("A connection above the limit is refused") {
  wire::http_server_options options;
  options.connections = 2;
  stream_server server(options);
  http_probe one(server.address());
  http_probe two(server.address());
  CHECK(one.ask("GET", "/").status == 200);
  CHECK(two.ask("GET", "/").status == 200);
  {
    http_probe three(server.address());
    const std::string answer = three.receive_to_end();
    CHECK(answer.starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
    CHECK(answer.ends_with("\r\n\r\nToo many connections\n"));
  }
  CHECK(server.refused() == 1);
  CHECK(one.ask("GET", "/").status == 200);
}

TEST_CASE("Requests above the rate of an address are refused on an open connection") {
  wire::http_server_options options;
  options.requests_per_second = 3;
  stream_server server(options);
  http_probe probe(server.address());
  int refused = 0;
  for (int i = 0; i < 100; ++i) {
    const http_answer answer = probe.ask("GET", "/");
    if (answer.status == 429) {
      CHECK(answer.header("Retry-After") == "1");
      ++refused;
    } else {
      CHECK(answer.status == 200);
    }
  }
  CHECK(refused > 50);  // it takes far less than ten seconds
  CHECK(server.refused() == static_cast<std::uint64_t>(refused));
}

}  // namespace tenure::test
