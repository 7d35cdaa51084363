// A blocking HTTP client for tests that check bytes: one kept connection, no code of the library's
// own client.
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

  /// The header of exactly that name; empty if there is none. Throws if there are two.
  std::string header(std::string_view name) const;
  /// X-Consul-Index. Throws if there is none.
  std::uint64_t index() const;
};

/// The server closed the connection instead of answering.
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

  /// The two halves of ask(). head: the answer to HEAD has no body.
  void send(std::string_view method, std::string_view target, std::string_view body = {});
  http_answer receive(bool head = false);

  /// Sends these bytes.
  void send_raw(std::string_view bytes);
  /// Whether bytes of an answer have arrived. Does not wait.
  bool has_input() const;
  /// Reads until the server closes; returns all bytes.
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
