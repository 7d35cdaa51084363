// A file that is renamed when it is full: FILE to FILE.1, FILE.1 to FILE.2, ...
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "command/descriptor.hpp"

namespace tenure::cron {

class rotating_file {
 public:
  /// `size` in bytes; `keep`: how many full files stay.
  rotating_file(std::string path, std::uint64_t size, std::uint32_t keep)
      : path_(std::move(path)), size_(size), keep_(keep) {}

  void set_limits(std::uint64_t size, std::uint32_t keep) noexcept {
    size_ = size;
    keep_ = keep;
  }

  /// Appends whole lines. Opens the file first, also after another program has moved it. Returns
  /// 0, or an errno: then a part of the lines may be lost. Blocks as the disk does.
  int write(std::string_view lines);

 private:
  int open();
  int rotate();
  bool is_in_place() const;
  int append(std::string_view text);

  std::string path_;
  std::uint64_t size_;
  std::uint32_t keep_;
  command::descriptor file_{-1};
  std::uint64_t written_ = 0;  // the size of the file
  bool rotates_ = true;        // a device is never renamed
};

}  // namespace tenure::cron
