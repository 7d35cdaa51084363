// What a replica of the chaos run tells the checks: one line for each event, written at once.
#pragma once

#include <fcntl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <system_error>

namespace chaos {

/// The kernel's boot clock, also in a process whose clocks a preloaded library changes.
inline std::int64_t true_now() {
  timespec at{};
  ::syscall(SYS_clock_gettime, CLOCK_BOOTTIME, &at);
  return at.tv_sec * std::int64_t{1'000'000'000} + at.tv_nsec;
}

/// A file of lines. A line is one write with O_APPEND: what a killed process wrote stays, and the
/// lines of several processes do not mix.
class journal {
 public:
  explicit journal(const char* path)
      : file_(::open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644)) {
    if (file_ < 0) throw std::system_error(errno, std::generic_category(), path);
  }
  journal(const journal&) = delete;
  journal& operator=(const journal&) = delete;
  ~journal() { ::close(file_); }

  [[gnu::format(printf, 2, 3)]] void line(const char* format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    const int size = std::vsnprintf(text, sizeof text - 1, format, arguments);
    va_end(arguments);
    if (size < 0 || size >= static_cast<int>(sizeof text) - 1) ::_exit(70);
    text[size] = '\n';
    if (::write(file_, text, static_cast<std::size_t>(size) + 1) != size + 1) ::_exit(74);
  }

 private:
  int file_;
};

}  // namespace chaos
