#include "wire/socket_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

namespace tenure::wire {

socket_file::socket_file(const std::string& path) : path_(path) {
  struct ::stat found {};
  if (::lstat(path.c_str(), &found) != 0) return;
  device_ = found.st_dev;
  inode_ = found.st_ino;
}

bool socket_file::present() const noexcept {
  struct ::stat found {};
  return ::lstat(path_.c_str(), &found) == 0 && found.st_dev == device_ && found.st_ino == inode_;
}

void socket_file::remove() const noexcept {
  if (present()) ::unlink(path_.c_str());
}

std::vector<std::string> socket_files::lost() const {
  std::vector<std::string> lost;
  for (const auto& [path, file] : all_) {
    if (!file.present()) lost.push_back("unix://" + path);
  }
  return lost;
}

void socket_files::remove_all() noexcept {
  for (const auto& [path, file] : all_) file.remove();
  all_.clear();
}

}  // namespace tenure::wire
