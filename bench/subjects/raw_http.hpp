// HTTP/1.1 with nothing around it: one thread, epoll, kept connections, one request at a time on
// each. The floor is made of this: what any client of Consul has to pay at least.
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

/// One thread's wait for descriptors and moments.
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

/// A kept connection. A request that fails ends the program: a floor has no failures to handle.
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
  void read();
  bool complete(response& into);

  loop& loop_;
  std::string host_;
  int socket_;
  std::string buffer_;
  handler done_;
};

/// Exits with one line on standard error.
[[noreturn]] void die(const std::string& why);

}  // namespace raw
