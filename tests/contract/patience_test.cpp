// The HTTP server's time limits for slow, dead or stalled clients. The limits are short here, and
// the tests only wait for the server to close a connection.
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <catch2/catch_test_macros.hpp>
#include <future>
#include <memory>
#include <sys/socket.h>
#include <tenure/toolkit/http_server.hpp>
#include <thread>
#include <vector>

#include "runtime/environment.hpp"
#include "support/http_probe.hpp"

namespace tenure::test {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// Answers GET /N with N bytes, and no other request.
class byte_server final : public wire::http_service {
 public:
  explicit byte_server(wire::http_server_options options)
      : timers_(runtime::system_timers(io_.get_executor())),
        server_(std::make_unique<wire::http_server>(io_.get_executor(), *timers_, *this,
                                                    options)) {
    server_->listen("127.0.0.1:0");
    address_ = "127.0.0.1:" + std::to_string(server_->port());
    thread_ = std::thread([this] { io_.run(); });
  }
  ~byte_server() override {
    asio::post(io_, [this] {
      server_.reset();
      io_.stop();
    });
    thread_.join();
  }

  const std::string& address() const noexcept { return address_; }
  std::vector<std::uint64_t> closed() {
    std::promise<std::vector<std::uint64_t>> promise;
    asio::post(io_, [&] { promise.set_value(closed_); });
    return promise.get_future().get();
  }

 private:
  void on_request(std::uint64_t id, runtime::http_request request) override {
    if (request.method != "GET") return;
    const std::size_t size = std::stoul(request.target.substr(1));
    server_->respond(id, runtime::http_response(200, std::string(size, 'x')));
  }
  void on_closed(std::uint64_t id) override { closed_.push_back(id); }

  asio::io_context io_{1};
  std::shared_ptr<runtime::timers> timers_;
  std::unique_ptr<wire::http_server> server_;
  std::vector<std::uint64_t> closed_;
  std::string address_;
  std::thread thread_;
};

wire::http_server_options short_times() {
  wire::http_server_options options;
  options.header_time = 50ms;
  options.body_time = 50ms;
  options.write_time = 50ms;
  return options;
}

}  // namespace

TEST_CASE("An incomplete header or body closes the connection after the limit") {
  byte_server server(short_times());
  for (const char* half : {"G", "GET /1 HTTP/1.1\r\nHost: [::1]\r\n",
                           "PUT /1 HTTP/1.1\r\nHost: [::1]\r\nContent-Length: 9\r\n\r\nhalf",
                           "PUT /1 HTTP/1.1\r\nHost: [::1]\r\nExpect: 100-continue\r\n"
                           "Content-Length: 9\r\n\r\n"}) {
    http_probe probe(server.address());
    probe.send_raw(half);
    const std::string rest = probe.receive_to_end();
    CHECK((rest.empty() || rest == "HTTP/1.1 100 Continue\r\n\r\n"));
  }
}

TEST_CASE("The idle limit of a kept connection is longer than the limit of a request") {
  byte_server server(short_times());
  http_probe idle(server.address());
  CHECK(idle.ask("GET", "/3").body == "xxx");
  http_probe slow(server.address());
  slow.send_raw("G");
  slow.receive_to_end();  // its time is over
  CHECK(idle.ask("GET", "/3").body == "xxx");
}

TEST_CASE("A client that does not read its answer is disconnected after the limit") {
  byte_server server(short_times());
  http_probe probe(server.address());
  const int small = 4096;
  ::setsockopt(probe.descriptor(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  // More than fits into the sockets' buffers, but too little to extend the limit.
  const std::string target = "/60000";
  for (int i = 0; i < 1000; ++i) probe.send("GET", target);
  // The client does not read before the server has given up, silently. Others are served.
  http_probe other(server.address());
  for (int i = 0; i < 3; ++i) {
    http_probe slow(server.address());
    slow.send_raw("G");
    slow.receive_to_end();
    CHECK(other.ask("GET", "/1").body == "x");
  }
  CHECK(probe.receive_to_end().size() < 1000 * 60000);
}

TEST_CASE("The service learns of clients that disconnect before their answer, and of no others") {
  byte_server server(short_times());
  {
    http_probe kept(server.address());
    CHECK(kept.ask("GET", "/1").body == "x");
    http_probe leaves(server.address());
    leaves.send("PUT", "/never");
    kept.ask("GET", "/1");
  }
  while (server.closed().empty()) {
  }
  http_probe(server.address()).ask("GET", "/1");
  CHECK(server.closed().size() == 1);
}

TEST_CASE("Large answers arrive complete") {
  byte_server server({});
  http_probe probe(server.address());
  for (const char* target : {"/0", "/1", "/65536", "/20000000", "/2"}) {
    CHECK(probe.ask("GET", target).body.size() == std::stoul(target + 1));
  }
}

}  // namespace tenure::test
