#include "runtime/atomic_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <tenure/bad_configuration.hpp>
#include <tenure/toolkit/input_file.hpp>

namespace tenure::runtime {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(int error, const std::string& what) {
  throw boost::system::system_error(error, boost::system::system_category(), what);
}

bool write_all(int fd, std::string_view text) noexcept {
  while (!text.empty()) {
    const auto written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(fd) == 0;
}

// File systems without locks do without.
void lock(int fd, const std::string& path) {
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    fail(EBUSY, "another process uses the file " + path + ", and each needs its own");
}

bool is_file(int fd, const std::string& path) noexcept {
  struct stat opened{};
  struct stat named{};
  return ::fstat(fd, &opened) == 0 && ::stat(path.c_str(), &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

}  // namespace

// False where the file does not exist.
bool atomic_file::take() {
  for (;;) {
    constexpr int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    auto file = std::make_unique<const descriptor>(::open(path_.c_str(), flags));
    if (file->get() < 0 && errno == ENOENT) return false;
    if (file->get() < 0)
      throw bad_configuration("cannot read the file " + path_ + ": " +
                              std::system_category().message(errno));
    lock(file->get(), path_);
    if (!is_file(file->get(), path_)) continue;  // its owner has replaced it meanwhile
    taken_ = std::move(file);
    return true;
  }
}

std::optional<std::string> atomic_file::read() {
  if (!take()) return std::nullopt;
  input_file found = read_input(path_, most_input, input_kind::regular);
  if (found.problem.empty()) return std::move(found.text);
  throw bad_configuration("cannot read the file " + path_ + ": " + found.problem);
}

void atomic_file::replace(const std::string& content) {
  const std::string what = "cannot write " + path_;
  const fs::path folder = fs::path(path_).parent_path();
  std::error_code error;
  if (!folder.empty()) fs::create_directories(folder, error);
  if (error) fail(error.value(), what);
  if (!taken_) take();  // another process may have made it meanwhile

  const std::string name = path_ + ".new";
  constexpr int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
  auto fresh = std::make_unique<const descriptor>(::open(name.c_str(), flags, S_IRUSR | S_IWUSR));
  if (fresh->get() < 0) fail(errno, what);
  lock(fresh->get(), path_);
  if (!write_all(fresh->get(), content)) fail(errno, what);
  if (::rename(name.c_str(), path_.c_str()) != 0) fail(errno, what);
  taken_ = std::move(fresh);
  const std::string folder_name = folder.empty() ? "." : folder.string();
  const descriptor holder(::open(folder_name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (holder.get() >= 0) ::fsync(holder.get());
}

}  // namespace tenure::runtime
