// A file descriptor that closes itself.
#pragma once

#include <unistd.h>

namespace tenure::runtime {

/// Owns a descriptor. A negative number means none.
class descriptor {
 public:
  explicit descriptor(int fd) noexcept : fd_(fd) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const noexcept { return fd_; }

 private:
  int fd_;
};

}  // namespace tenure::runtime
