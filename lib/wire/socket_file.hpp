// The file of a unix socket that this process listens on. Any process may remove it, or put another
// socket in its place.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

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

/// Those of a server.
class socket_files {
 public:
  /// The server has just bound a socket to this path.
  void add(const std::string& path) { all_[path] = socket_file(path); }
  /// The addresses (`unix://...`) that do not lead to the server any more.
  std::vector<std::string> lost() const;
  void remove_all() noexcept;

 private:
  std::map<std::string, socket_file> all_;  ///< by path
};

}  // namespace tenure::wire
