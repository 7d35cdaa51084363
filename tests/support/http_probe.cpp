#include "support/http_probe.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace tenure::test {
namespace {

/// Longer than any wait of a test.
constexpr int patience_seconds = 100;

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

int connect_to(const std::string& address) {
  constexpr std::string_view unix_scheme = "unix://";
  if (address.starts_with(unix_scheme)) {
    const std::string path = address.substr(unix_scheme.size());
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    path.copy(to.sun_path, sizeof to.sun_path - 1);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) fail(address);
    return fd;
  }
  const std::size_t colon = address.rfind(':');
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
  ::inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket");
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
    ::close(fd);
    fail(address);
  }
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

}  // namespace

std::string http_answer::header(std::string_view name) const {
  const std::string* found = nullptr;
  for (const auto& [known, value] : headers) {
    if (known != name) continue;
    if (found != nullptr) throw std::runtime_error("two headers " + known);
    found = &value;
  }
  return found != nullptr ? *found : std::string();
}

std::uint64_t http_answer::index() const {
  const std::string text = header("X-Consul-Index");
  if (text.empty()) throw std::runtime_error("no X-Consul-Index in an answer " + body);
  return std::stoull(text);
}

http_probe::http_probe(const std::string& address) : fd_(connect_to(address)) {
  timeval patience{};
  patience.tv_sec = patience_seconds;
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

void http_probe::close() noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

http_answer http_probe::ask(std::string_view method, std::string_view target,
                            std::string_view body) {
  send(method, target, body);
  return receive(method == "HEAD");
}

void http_probe::send(std::string_view method, std::string_view target, std::string_view body) {
  std::string request;
  request.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: localhost\r\n");
  if (!body.empty() || method == "PUT" || method == "POST") {
    request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  }
  request += "\r\n";
  request += body;
  send_raw(request);
}

void http_probe::send_raw(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    // A server may refuse and close before it has read everything. Its answer has the reason.
    if (sent < 0 && (errno == EPIPE || errno == ECONNRESET)) return;
    if (sent < 0) fail("send");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool http_probe::has_input() const {
  pollfd waiting{fd_, POLLIN, 0};
  return !buffer_.empty() || ::poll(&waiting, 1, 0) > 0;
}

bool http_probe::fill() {
  std::array<char, 16384> part;
  while (true) {
    const auto got = ::recv(fd_, part.data(), part.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == ECONNRESET) return false;
    if (got < 0) fail("receive");
    buffer_.append(part.data(), static_cast<std::size_t>(got));
    return got > 0;
  }
}

std::string http_probe::line() {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n")) == std::string::npos) {
    if (!fill()) throw connection_closed("the server closed the connection");
  }
  std::string text = buffer_.substr(0, end);
  buffer_.erase(0, end + 2);
  return text;
}

std::string http_probe::bytes(std::size_t count) {
  while (buffer_.size() < count) {
    if (!fill()) throw connection_closed("the server closed the connection within an answer");
  }
  std::string text = buffer_.substr(0, count);
  buffer_.erase(0, count);
  return text;
}

http_answer http_probe::receive(bool head) {
  http_answer answer;
  const std::string status = line();
  answer.status = std::stoi(status.substr(status.find(' ') + 1));
  answer.reason = status.substr(status.find(' ') + 5);
  for (std::string text = line(); !text.empty(); text = line()) {
    const std::size_t colon = text.find(": ");
    answer.headers.emplace_back(text.substr(0, colon), text.substr(colon + 2));
  }
  if (head) return answer;
  if (answer.header("Transfer-Encoding") == "chunked") {
    while (const std::size_t size = std::stoul(line(), nullptr, 16)) {
      answer.body += bytes(size);
      line();
    }
    line();
  } else if (const std::string length = answer.header("Content-Length"); !length.empty()) {
    answer.body = bytes(std::stoul(length));
  } else if (answer.header("Connection") == "close") {
    answer.body = receive_to_end();
  }
  return answer;
}

std::string http_probe::receive_to_end() {
  while (fill()) {
  }
  return std::exchange(buffer_, {});
}

}  // namespace tenure::test
