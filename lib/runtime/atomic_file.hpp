// A small file that is replaced atomically: after a crash, of the computer too, a reader finds the
// old content or the new, never a part.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "runtime/descriptor.hpp"

namespace tenure::runtime {

/// It belongs to one process at a time, by a lock that ends with this object or the process.
class atomic_file {
 public:
  explicit atomic_file(std::string path) : path_(std::move(path)) {}

  const std::string& path() const noexcept { return path_; }

  /// Takes and reads the file, without a wait; nothing where it does not exist. Throws
  /// bad_configuration if it cannot be read, or is no regular file, and
  /// boost::system::system_error with device_or_resource_busy if another process has it. Both name
  /// the path.
  std::optional<std::string> read();

  /// Replaces the file by one with this content, which is taken, and creates its folder if need be.
  /// Returns when the content is on the disk. Throws boost::system::system_error, which names the
  /// path.
  void replace(const std::string& content);

 private:
  bool take();

  std::string path_;
  std::unique_ptr<const descriptor> taken_;  ///< locked
};

}  // namespace tenure::runtime
