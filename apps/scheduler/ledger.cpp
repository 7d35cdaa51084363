#include "scheduler/ledger.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>
#include <tenure/time.hpp>

namespace scheduler {
namespace {

class descriptor {
 public:
  explicit descriptor(const std::string& path)
      : path_(path), number_(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) {
    check(number_ >= 0);
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    if (number_ >= 0) ::close(number_);
  }

  int number() const noexcept { return number_; }
  void check(bool well) const {
    if (!well) throw std::system_error(errno, std::generic_category(), path_);
  }

 private:
  std::string path_;
  int number_;
};

/// The last whole line of a file, at most 255 bytes of it.
std::string last_line(const descriptor& file) {
  const off_t size = ::lseek(file.number(), 0, SEEK_END);
  file.check(size >= 0);
  char tail[256];
  const off_t from = std::max<off_t>(0, size - static_cast<off_t>(sizeof tail));
  const ssize_t got = ::pread(file.number(), tail, sizeof tail, from);
  file.check(got >= 0);
  std::string text(tail, static_cast<std::size_t>(got));
  if (!text.empty()) text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

}  // namespace

ledger::answer ledger::commit(const std::string& shard, std::uint64_t fence,
                              const std::string& who) const {
  std::string name = shard;
  std::replace(name.begin(), name.end(), '/', '.');
  const descriptor file(folder_ + '/' + name);
  file.check(::flock(file.number(), LOCK_EX) == 0);  // until it is closed
  unsigned long long step = 0;
  unsigned long long newest = 0;
  const std::string before = last_line(file);
  if (!before.empty()) std::sscanf(before.c_str(), "%llu %llu", &step, &newest);
  if (newest > fence) return answer::refused;
  const std::string line = std::to_string(step + 1) + ' ' + std::to_string(fence) + ' ' + who +
                           ' ' +
                           std::to_string(tenure::boot_clock::now().time_since_epoch().count()) +
                           '\n';
  file.check(::write(file.number(), line.data(), line.size()) ==
             static_cast<ssize_t>(line.size()));
  return answer::written;
}

}  // namespace scheduler
