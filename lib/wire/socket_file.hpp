// The file of a unix socket that this process listens on. Any process may remove it, or put another
// socket in its place.
#pragma once

#include <sys/types.h>

#include <string>

namespace tenure::wire {

class socket_file {
 public:
  socket_file() = default;
  /// Of a socket that was just bound. The file is known by its inode, which no other file gets
  /// while the socket is open.
  explicit socket_file(const std::string& path);

  /// Whether the path still leads to this socket.
  bool present() const noexcept;
  /// Removes the file, and leaves one of another process alone. Before the socket is closed.
  void remove() const noexcept;

 private:
  std::string path_;
  ::dev_t device_ = 0;
  ::ino_t inode_ = 0;
};

}  // namespace tenure::wire
