#include "tenure-cron/output/rotating_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace tenure::cron {
namespace {

constexpr mode_t file_mode = 0640;  // output may contain secrets

// The whole lines at the beginning of `lines` that fit into `room` bytes.
std::string_view fitting(std::string_view lines, std::uint64_t room) {
  if (lines.size() <= room) return lines;
  if (room == 0) return {};
  const std::size_t end = lines.rfind('\n', static_cast<std::size_t>(room) - 1);
  return end == std::string_view::npos ? std::string_view() : lines.substr(0, end + 1);
}

std::string_view first_line(std::string_view lines) {
  const std::size_t end = lines.find('\n');
  return end == std::string_view::npos ? lines : lines.substr(0, end + 1);
}

}  // namespace

int rotating_file::write(std::string_view lines) {
  if (file_.get() >= 0 && !is_in_place()) file_.close();
  while (!lines.empty()) {
    if (file_.get() < 0) {
      if (const int error = open()) return error;
    }
    const std::uint64_t room = written_ < size_ ? size_ - written_ : 0;
    std::string_view part = rotates_ ? fitting(lines, room) : lines;
    if (part.empty() && written_ > 0) {
      if (const int error = rotate()) return error;
      continue;
    }
    // A line that is longer than the file gets one for itself.
    if (part.empty()) part = first_line(lines);
    if (const int error = append(part)) return error;
    lines.remove_prefix(part.size());
  }
  return 0;
}

int rotating_file::open() {
  // Not blocked by a FIFO, which is refused.
  const int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  file_.reset(::open(path_.c_str(), flags, file_mode));
  if (file_.get() < 0) return errno;
  struct stat found = {};
  if (::fstat(file_.get(), &found) != 0) return errno;
  rotates_ = S_ISREG(found.st_mode);
  if (!rotates_ && !S_ISCHR(found.st_mode)) {
    file_.close();
    return EINVAL;
  }
  written_ = rotates_ ? static_cast<std::uint64_t>(found.st_size) : 0;
  return 0;
}

int rotating_file::rotate() {
  file_.close();
  const auto kept = [&](std::uint32_t n) { return path_ + '.' + std::to_string(n); };
  // Of a time when more were kept.
  for (std::uint32_t n = keep_ + 1; ::unlink(kept(n).c_str()) == 0; ++n) {
  }
  if (keep_ == 0) return ::unlink(path_.c_str()) == 0 || errno == ENOENT ? 0 : errno;
  for (std::uint32_t n = keep_; n > 1; --n) {
    // A gap in the row is no error.
    if (::rename(kept(n - 1).c_str(), kept(n).c_str()) != 0 && errno != ENOENT) return errno;
  }
  return ::rename(path_.c_str(), kept(1).c_str()) == 0 || errno == ENOENT ? 0 : errno;
}

bool rotating_file::is_in_place() const {
  struct stat ours = {};
  struct stat named = {};
  return ::fstat(file_.get(), &ours) == 0 && ::stat(path_.c_str(), &named) == 0 &&
         ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

int rotating_file::append(std::string_view text) {
  while (!text.empty()) {
    const ssize_t done = ::write(file_.get(), text.data(), text.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return errno;
    written_ += static_cast<std::uint64_t>(done);
    text.remove_prefix(static_cast<std::size_t>(done));
  }
  return 0;
}

}  // namespace tenure::cron
