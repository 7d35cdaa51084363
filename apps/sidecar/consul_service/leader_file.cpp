#include "sidecar/consul_service/leader_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace tenure::sidecar {
namespace {

bool create(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  const bool good = fd >= 0 && ::futimens(fd, nullptr) == 0;
  if (fd >= 0) ::close(fd);
  return good;
}

bool remove(const std::string& path) { return ::unlink(path.c_str()) == 0 || errno == ENOENT; }

}  // namespace

void leader_file::set(state wanted) {
  if (path_.empty() || set_ == wanted) return;
  set_ = wanted;
  const bool good = wanted == state::present ? create(path_) : remove(path_);
  if (good) return;
  log_->log(log_level::error, "leader file update failed",
            {log_field("file", path_), log_field("error", std::strerror(errno))});
}

}  // namespace tenure::sidecar
