// Unix sockets without Asio, for the side that the fuzzer plays. None of them blocks.
#pragma once

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "target.hpp"

namespace tenure::fuzz {

/// A folder that exists as long as the process.
inline const std::string& own_folder() {
  static const class folder {
   public:
    folder() {
      char name[] = "/tmp/tenure-fuzz-XXXXXX";
      require(::mkdtemp(name) != nullptr, "there is a temporary folder");
      path = name;
    }
    folder(const folder&) = delete;
    folder& operator=(const folder&) = delete;
    ~folder() {
      for (const char* file : {"/server", "/consul"}) ::unlink((path + file).c_str());
      ::rmdir(path.c_str());
    }
    std::string path;
  } made;
  return made.path;
}

class raw_socket {
 public:
  static raw_socket listening(const std::string& path) {
    raw_socket made(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const ::sockaddr_un address = address_of(path);
    ::unlink(path.c_str());
    require(::bind(made.fd_, reinterpret_cast<const ::sockaddr*>(&address), sizeof address) == 0 &&
                ::listen(made.fd_, SOMAXCONN) == 0,
            "the socket listens");
    return made;
  }
  static raw_socket connected(const std::string& path) {
    raw_socket made(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const ::sockaddr_un address = address_of(path);
    require(::connect(made.fd_, reinterpret_cast<const ::sockaddr*>(&address), sizeof address) == 0,
            "the server accepts connections");
    return made;
  }
  explicit raw_socket(int fd) : fd_(fd) {}
  raw_socket(raw_socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  raw_socket& operator=(raw_socket&&) = delete;
  ~raw_socket() {
    if (fd_ >= 0) ::close(fd_);
  }

  std::optional<raw_socket> accept() {
    const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return std::nullopt;
    return raw_socket(fd);
  }
  /// Removes what was sent from `bytes`; all of it if the other side reads no more.
  void send(std::string_view& bytes) {
    while (!bytes.empty()) {
      const ::ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno != EAGAIN) bytes = {};
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  /// Nothing more follows.
  void end() { ::shutdown(fd_, SHUT_WR); }
  /// Appends what has come. False: the other side has closed.
  bool receive(std::string& into) {
    char piece[4096];
    for (;;) {
      const ::ssize_t got = ::recv(fd_, piece, sizeof piece, 0);
      if (got < 0) return errno == EAGAIN;
      if (got == 0) return false;
      into.append(piece, static_cast<std::size_t>(got));
    }
  }

 private:
  static ::sockaddr_un address_of(const std::string& path) {
    ::sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    return address;
  }

  int fd_;
};

}  // namespace tenure::fuzz
