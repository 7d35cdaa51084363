#include "raw_http.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace raw {

std::int64_t now_ns() {
  timespec t = {};
  ::clock_gettime(CLOCK_BOOTTIME, &t);
  return static_cast<std::int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

void die(const std::string& why) {
  std::fprintf(stderr, "floor: %s\n", why.c_str());
  std::exit(1);
}

// -- the loop ------------------------------------------------------------------------------------

loop::loop() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_ < 0) die("epoll_create1");
}

loop::~loop() { ::close(epoll_); }

void loop::watch(int descriptor, std::function<void()> ready) {
  epoll_event e = {};
  e.events = EPOLLIN;
  e.data.fd = descriptor;
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &e) != 0) die("epoll_ctl");
  watched_[descriptor] = std::move(ready);
}

void loop::forget(int descriptor) {
  ::epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor, nullptr);
  watched_.erase(descriptor);
}

void loop::at(std::int64_t when_ns, std::function<void()> what) {
  alarms_.emplace(when_ns, std::move(what));
}

void loop::run() {
  epoll_event ready[64];
  while (running_) {
    timespec wait = {};
    timespec* limit = nullptr;
    if (!alarms_.empty()) {
      const std::int64_t left = std::max<std::int64_t>(0, alarms_.begin()->first - now_ns());
      wait.tv_sec = left / 1'000'000'000;
      wait.tv_nsec = left % 1'000'000'000;
      limit = &wait;
    }
    const int count = ::epoll_pwait2(epoll_, ready, 64, limit, nullptr);
    if (count < 0 && errno != EINTR) die("epoll_pwait2");
    for (int i = 0; i < count && running_; ++i) {
      const auto found = watched_.find(ready[i].data.fd);
      if (found != watched_.end()) {
        const auto call = found->second;
        call();
      }
    }
    while (running_ && !alarms_.empty() && alarms_.begin()->first <= now_ns()) {
      const auto call = std::move(alarms_.begin()->second);
      alarms_.erase(alarms_.begin());
      call();
    }
  }
}

// -- a connection --------------------------------------------------------------------------------

connection::connection(loop& l, std::string host, int port)
    : loop_(l), host_(std::move(host)), port_(port) {
  open();
}

void connection::open() {
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port_));
  if (::inet_pton(AF_INET, host_.c_str(), &address.sin_addr) != 1) die("bad host " + host_);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    die("no connection to " + host_ + ':' + std::to_string(port_));
  }
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  loop_.watch(socket_, [this] { read(); });
}

connection::~connection() { close(); }

void connection::close() {
  if (socket_ < 0) return;
  loop_.forget(socket_);
  ::close(socket_);
  socket_ = -1;
}

void connection::send(std::string_view method, std::string_view target, std::string_view body,
                      handler done) {
  std::string text;
  text.reserve(body.size() + target.size() + 128);
  text.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: ").append(host_);
  text.append("\r\nContent-Length: ").append(std::to_string(body.size())).append("\r\n\r\n");
  text.append(body);
  done_ = std::move(done);
  if (socket_ < 0) open();
  for (std::size_t sent = 0; sent < text.size();) {
    const ssize_t n = ::send(socket_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) die("a connection was closed while sending");
    sent += static_cast<std::size_t>(n);
  }
}

void connection::read() {
  char block[65536];
  const ssize_t got = ::recv(socket_, block, sizeof block, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0 && !done_) return close();  // the agent closes what was idle for 75 s
  if (got <= 0) die("a connection was closed by the server");
  buffer_.append(block, static_cast<std::size_t>(got));
  response answer;
  if (!complete(answer)) return;
  buffer_.clear();
  const handler call = std::exchange(done_, nullptr);
  if (call) call(answer);
}

namespace {

std::string_view header(std::string_view head, std::string_view name) {
  for (std::size_t at = head.find("\r\n"); at != std::string_view::npos;
       at = head.find("\r\n", at + 2)) {
    const std::string_view line = head.substr(at + 2);
    if (line.size() > name.size() + 2 && line[name.size()] == ':' &&
        ::strncasecmp(line.data(), name.data(), name.size()) == 0) {
      return line.substr(name.size() + 2, line.find("\r\n") - name.size() - 2);
    }
  }
  return {};
}

// False if the last chunk has not arrived yet.
bool read_chunks(std::string_view text, std::string& body) {
  for (;;) {
    const std::size_t line = text.find("\r\n");
    if (line == std::string_view::npos) return false;
    const std::size_t size = std::strtoul(text.data(), nullptr, 16);
    if (text.size() < line + 2 + size + 2) return false;
    if (size == 0) return true;
    body.append(text.substr(line + 2, size));
    text.remove_prefix(line + 2 + size + 2);
  }
}

}  // namespace

bool connection::complete(response& into) {
  const std::size_t end = buffer_.find("\r\n\r\n");
  if (end == std::string::npos) return false;
  const std::string_view all(buffer_);
  const std::string_view head = all.substr(0, end + 2);
  const std::string_view rest = all.substr(end + 4);
  into.status = std::atoi(buffer_.c_str() + 9);
  const std::string_view index = header(head, "X-Consul-Index");
  if (!index.empty()) into.index = std::strtoull(index.data(), nullptr, 10);
  if (header(head, "Transfer-Encoding") == "chunked") return read_chunks(rest, into.body);
  const std::string_view length = header(head, "Content-Length");
  const std::size_t size = length.empty() ? 0 : std::strtoul(length.data(), nullptr, 10);
  if (rest.size() < size) return false;
  into.body = rest.substr(0, size);
  return true;
}

}  // namespace raw
