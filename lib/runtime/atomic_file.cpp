#include "runtime/atomic_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "runtime/descriptor.hpp"

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

}  // namespace

std::optional<std::string> read_file(const std::string& path) {
  const descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) {
    if (errno == ENOENT) return std::nullopt;
    fail(errno, "cannot read " + path);
  }
  std::string content;
  std::array<char, 4096> part;
  while (true) {
    const auto got = ::read(file.get(), part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(errno, "cannot read " + path);
    if (got == 0) return content;
    content.append(part.data(), static_cast<std::size_t>(got));
  }
}

void replace_file(const std::string& path, const std::string& content) {
  const std::string what = "cannot write " + path;
  const fs::path folder = fs::path(path).parent_path();
  std::error_code error;
  if (!folder.empty()) fs::create_directories(folder, error);
  if (error) fail(error.value(), what);

  const std::string fresh = path + ".new";
  {
    const descriptor file(
        ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (file.get() < 0 || !write_all(file.get(), content)) fail(errno, what);
  }
  if (::rename(fresh.c_str(), path.c_str()) != 0) fail(errno, what);
  const std::string folder_name = folder.empty() ? "." : folder.string();
  const descriptor holder(::open(folder_name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (holder.get() >= 0) ::fsync(holder.get());
}

}  // namespace tenure::runtime
