#include "scheduler/ledger.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <tenure/time.hpp>

namespace scheduler {
namespace {

/// The file of one shard.
class shard_file {
 public:
  explicit shard_file(const std::string& path)
      : path_(path), fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) {
    if (fd_ < 0) fail();
  }
  shard_file(const shard_file&) = delete;
  shard_file& operator=(const shard_file&) = delete;
  ~shard_file() { ::close(fd_); }

  /// Excludes all other writers until its destruction.
  void lock() {
    if (::flock(fd_, LOCK_EX) != 0) fail();
  }

  /// At most 255 bytes of it. Empty for an empty file.
  std::string last_line() const {
    const off_t size = ::lseek(fd_, 0, SEEK_END);
    if (size < 0) fail();
    char tail[256];
    const off_t from = std::max<off_t>(0, size - static_cast<off_t>(sizeof tail));
    const ssize_t got = ::pread(fd_, tail, sizeof tail, from);
    if (got < 0) fail();
    std::string text(tail, static_cast<std::size_t>(got));
    if (!text.empty()) text.pop_back();  // the line break at the end of the file
    return text.substr(text.rfind('\n') + 1);
  }

  void append(const std::string& line) {
    const ssize_t written = ::write(fd_, line.data(), line.size());
    if (written != static_cast<ssize_t>(line.size())) fail();
  }

 private:
  [[noreturn]] void fail() const {
    throw std::system_error(errno, std::generic_category(), path_);
  }

  std::string path_;
  int fd_;
};

std::string now_ns() {
  return std::to_string(tenure::boot_clock::now().time_since_epoch().count());
}

}  // namespace

ledger::verdict ledger::commit(const std::string& shard, std::uint64_t fence,
                               const std::string& name) const {
  std::string file_name = shard;
  std::replace(file_name.begin(), file_name.end(), '/', '.');
  shard_file file(folder_ + '/' + file_name);
  file.lock();
  unsigned long long last_step = 0;
  unsigned long long last_fence = 0;
  std::sscanf(file.last_line().c_str(), "%llu %llu", &last_step, &last_fence);
  if (last_fence > fence) return verdict::rejected;
  file.append(std::to_string(last_step + 1) + ' ' + std::to_string(fence) + ' ' + name + ' ' +
              now_ns() + '\n');
  return verdict::accepted;
}

}  // namespace scheduler
