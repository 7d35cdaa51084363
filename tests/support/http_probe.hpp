// A plain HTTP client for tests that look at bytes: blocking, over loopback, on one kept
// connection. It shares nothing with the library's own client.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenure::test {

class http_answer {
 public:
  int status = 0;
  std::string reason;
  std::vector<std::pair<std::string, std::string>> headers;  ///< as sent
  std::string body;

  /// The only header of that name, in exactly that spelling; empty where there is none. Throws
  /// where there are two.
  std::string header(std::string_view name) const;
  /// X-Consul-Index. Throws where there is none.
  std::uint64_t index() const;
};

/// Thrown where the server closed the connection instead of answering.
class connection_closed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class http_probe {
 public:
  /// `address`: host:port or unix:///path. Throws std::runtime_error.
  explicit http_probe(const std::string& address);
  http_probe(http_probe&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  http_probe& operator=(http_probe&&) = delete;
  ~http_probe() { close(); }

  http_answer ask(std::string_view method, std::string_view target, std::string_view body = {});

  /// The halves of ask().
  void send(std::string_view method, std::string_view target, std::string_view body = {});
  http_answer receive(bool head = false);

  /// Bytes as they are.
  void send_raw(std::string_view bytes);
  /// Whether an answer has begun to arrive, without waiting.
  bool has_input() const;
  /// Reads on until the server closes; what came.
  std::string receive_to_end();
  void close() noexcept;
  int descriptor() const noexcept { return fd_; }

 private:
  bool fill();
  std::string line();
  std::string bytes(std::size_t count);

  int fd_;
  std::string buffer_;
};

}  // namespace tenure::test
