// A file descriptor that closes itself.
#pragma once

#include <unistd.h>

#include <utility>

namespace tenure::command {

/// Owns a descriptor. A negative number means none.
class descriptor {
 public:
  explicit descriptor(int fd) : fd_(fd) {}
  descriptor(descriptor&& other) noexcept : fd_(other.release()) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() { close(); }

  int get() const noexcept { return fd_; }
  int release() noexcept { return std::exchange(fd_, -1); }
  void close() noexcept {
    if (fd_ >= 0) ::close(release());
  }
  void reset(int fd) noexcept {
    close();
    fd_ = fd;
  }

 private:
  int fd_;
};

}  // namespace tenure::command
