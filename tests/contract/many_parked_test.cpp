// Ten thousand parked queries on one thread of one process. The hard limit of descriptors may be
// 20,000, so the server is in a child process and the clients are in this one.
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <deque>
#include <fstream>
#include <iostream>
#include <vector>

#include "agent/server.hpp"
#include "support/certificates.hpp"
#include "support/http_probe.hpp"
#include "support/tls_probe.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TENURE_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define TENURE_SANITIZED 1
#endif
#endif

namespace tenure::test {
namespace {

namespace asio = boost::asio;

constexpr std::size_t many = 10'000;
constexpr std::size_t operations = 64;  // per transaction

void raise_descriptor_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  REQUIRE(limit.rlim_cur > many + 100);
}

/// The child: writes its port to the pipe, serves, and exits when the pipe closes.
[[noreturn]] void serve(int say, int until, const agent::server_options& options) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  {
    asio::io_context io{1};
    runtime::environment services;
    services.executor = io.get_executor();
    services.timers = runtime::system_timers(io.get_executor());
    services.random = runtime::system_random();
    services.log = silent_log();
    agent::server server(services, options);
    server.listen(options.tls ? "https://127.0.0.1:0" : "127.0.0.1:0");
    const unsigned short port = server.port();
    if (::write(say, &port, sizeof port) != sizeof port) ::_exit(1);
    asio::posix::stream_descriptor end(io, until);
    end.async_wait(asio::posix::stream_descriptor::wait_read, [&](error_code) { io.stop(); });
    io.run();
  }
  ::_exit(0);
}

class server_process {
 public:
  explicit server_process(const agent::server_options& options = {}) {
    int port_pipe[2];
    int end_pipe[2];
    REQUIRE(::pipe(port_pipe) == 0);
    REQUIRE(::pipe(end_pipe) == 0);
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      ::close(end_pipe[1]);
      serve(port_pipe[1], end_pipe[0], options);
    }
    ::close(port_pipe[1]);
    ::close(end_pipe[0]);
    end_ = end_pipe[1];
    unsigned short port = 0;
    REQUIRE(::read(port_pipe[0], &port, sizeof port) == sizeof port);
    ::close(port_pipe[0]);
    address_ = "127.0.0.1:" + std::to_string(port);
  }
  ~server_process() {
    ::close(end_);
    ::waitpid(pid_, nullptr, 0);
  }
  const std::string& address() const { return address_; }

  std::size_t resident_kib() const {
    std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with("VmRSS:")) return std::stoul(line.substr(6));
    }
    return 0;
  }
  double cpu_seconds() const {
    std::ifstream stat("/proc/" + std::to_string(pid_) + "/stat");
    std::string field;
    double ticks = 0;
    for (int i = 1; i <= 15 && stat >> field; ++i) {
      if (i >= 14) ticks += std::stod(field);  // utime and stime
    }
    return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
  }

 private:
  ::pid_t pid_ = -1;
  int end_ = -1;
  std::string address_;
};

std::string key(std::size_t i) { return "tenants/" + std::to_string(i) + "/leader"; }

/// Writes all keys; returns the index of the last transaction.
std::uint64_t write_all(http_probe& probe, const std::string& value) {
  for (std::size_t i = 0; i < many;) {
    std::string body = "[";
    for (std::size_t n = 0; n < operations && i < many; ++n, ++i) {
      body += R"({"KV":{"Verb":"set","Key":")" + key(i) + R"(","Value":")" + value + R"("}},)";
    }
    body.back() = ']';
    REQUIRE(probe.ask("PUT", "/v1/txn", body).status == 200);
  }
  return probe.ask("GET", "/v1/kv/" + key(many - 1)).index();
}

std::vector<std::size_t> readable(std::deque<http_probe>& polls, int timeout_ms) {
  std::vector<pollfd> all;
  for (http_probe& p : polls) all.push_back({p.descriptor(), POLLIN, 0});
  ::poll(all.data(), all.size(), timeout_ms);
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].revents != 0) found.push_back(i);
  }
  return found;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

TEST_CASE("Ten thousand parked queries") {
  raise_descriptor_limit();
  server_process server;
  http_probe probe(server.address());
  const std::string index = std::to_string(write_all(probe, "b25l"));
  const std::size_t before_kib = server.resident_kib();

  const auto opening = std::chrono::steady_clock::now();
  std::deque<http_probe> polls;
  for (std::size_t i = 0; i < many; ++i) {
    polls.emplace_back(server.address());
    polls.back().send("GET", "/v1/kv/" + key(i) + "?raw&wait=10m&index=" + index);
  }
  probe.ask("GET", "/v1/status/leader");
  const double opened = seconds_since(opening);
  CHECK(readable(polls, 0).empty());
  const std::size_t each = (server.resident_kib() - before_kib) * 1024 / many;

  // They use no CPU while they wait, and a write wakes only the query that it concerns.
  const double cpu = server.cpu_seconds();
  constexpr int writes = 1000;
  const auto writing = std::chrono::steady_clock::now();
  for (int i = 0; i < writes; ++i) {
    const std::size_t which = static_cast<std::size_t>(i) * 7;
    probe.ask("PUT", "/v1/kv/" + key(which), "two");
    CHECK(polls[which].receive().body == "two");
    polls[which].send("GET", "/v1/kv/" + key(which) + "?raw&wait=10m&index=" +
                                 std::to_string(probe.ask("GET", "/v1/kv/" + key(which)).index()));
  }
  const double written = seconds_since(writing);
  const double busy = server.cpu_seconds() - cpu;
  CHECK(readable(polls, 0).empty());

  const auto waking = std::chrono::steady_clock::now();
  write_all(probe, "dGhyZWU=");
  for (http_probe& p : polls) {
    const http_answer answer = p.receive();
    if (answer.body != "three") FAIL("not " << answer.body);
  }
  const double woken = seconds_since(waking);
  std::cout << many << " parked in " << opened << " s, " << each << " bytes each; " << writes
            << " woken one by one in " << written << " s (" << busy << " s of CPU), all in "
            << woken << " s\n";
#ifndef TENURE_SANITIZED
  CHECK(each < 8 * 1024);
#endif
}

TEST_CASE("A parked query over TLS has no buffers") {
  const scratch_folder folder;
  certificate_request host;
  host.addresses = {"127.0.0.1"};
  const key_pair pair = certificate_authority().issue(host);
  agent::server_options options;
  options.tls = {folder.write("cert.pem", pair.cert), folder.write("key.pem", pair.key), ""};
  server_process server(options);
  const tls_client client;
  constexpr std::size_t count = 500;
  std::deque<tls_probe> polls;
  for (int i = 0; i < 10; ++i) polls.emplace_back(server.address(), client).get("/v1/kv/a?keys");
  const std::size_t before_kib = server.resident_kib();
  for (std::size_t i = 0; i < count; ++i) {
    polls.emplace_back(server.address(), client);
    polls.back().send_raw("GET /v1/kv/none?wait=10m&index=9 HTTP/1.1\r\nHost: [::1]\r\n\r\n");
  }
  polls.front().get("/v1/status/leader");
  const std::size_t each = (server.resident_kib() - before_kib) * 1024 / count;
  std::cout << count << " parked over TLS, " << each << " bytes each\n";
#ifndef TENURE_SANITIZED
  CHECK(each < 24 * 1024);
#endif
}

}  // namespace tenure::test
