// Bare HTTP/1.1: one thread, epoll, keep-alive connections with one request at a time on each. The
// floor is built on it: no client of Consul can do less.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace raw {

/// Nanoseconds of CLOCK_BOOTTIME, the clock of all subjects.
std::int64_t now_ns();

/// An event loop for one thread: descriptors and times.
class loop {
 public:
  loop();
  loop(const loop&) = delete;
  loop& operator=(const loop&) = delete;
  ~loop();

  /// Calls `ready` whenever the descriptor can be read.
  void watch(int descriptor, std::function<void()> ready);
  void forget(int descriptor);
  void at(std::int64_t when_ns, std::function<void()> what);
  void run();
  void stop() { running_ = false; }

 private:
  int epoll_;
  bool running_ = true;
  std::map<int, std::function<void()>> watched_;
  std::multimap<std::int64_t, std::function<void()>> alarms_;
};

class response {
 public:
  int status = 0;
  std::uint64_t index = 0;  ///< X-Consul-Index
  std::string body;
};

/// A keep-alive connection. A failed request ends the program: the floor does not handle errors.
class connection {
 public:
  using handler = std::function<void(const response&)>;

  connection(loop& l, std::string host, int port);
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  ~connection();

  bool busy() const { return static_cast<bool>(done_); }
  void send(std::string_view method, std::string_view target, std::string_view body, handler done);

 private:
  void open();
  void close();
  void read();
  bool complete(response& into);

  loop& loop_;
  std::string host_;
  int port_;
  int socket_ = -1;  ///< -1: closed by the server while idle; send() opens it again
  std::string buffer_;
  handler done_;
};

/// Prints one line to standard error and exits with 1.
[[noreturn]] void die(const std::string& why);

}  // namespace raw
