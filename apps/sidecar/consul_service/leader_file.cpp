#include "sidecar/consul_service/leader_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

namespace tenure::sidecar {
namespace {

/// What is at the path.
enum class finding {
  nothing,
  the_file,  ///< regular and empty
  changed,   ///< a file with contents, a symbolic link, a pipe, ...
  folder,
  unknown,  ///< errno says why
};

finding look_at(const std::string& path) {
  struct ::stat found {};
  if (::lstat(path.c_str(), &found) != 0) {
    // ENOTDIR: there is no such folder either.
    return errno == ENOENT || errno == ENOTDIR ? finding::nothing : finding::unknown;
  }
  if (S_ISDIR(found.st_mode)) return finding::folder;
  return S_ISREG(found.st_mode) && found.st_size == 0 ? finding::the_file : finding::changed;
}

/// What went wrong; nothing where it worked.
using outcome = std::optional<std::string>;

outcome outcome_of(bool good) {
  return good ? std::nullopt : std::optional<std::string>(std::strerror(errno));
}

outcome remove(const std::string& path) {
  return outcome_of(::unlink(path.c_str()) == 0 || errno == ENOENT || errno == ENOTDIR);
}

// Never through a link, and never into the contents of another file: those are replaced.
outcome create(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd >= 0) ::close(fd);
  return outcome_of(fd >= 0);
}

outcome make(leader_file::state wanted, finding found, const std::string& path) {
  if (found == finding::folder) return "a folder has this path: remove it, or choose another file";
  if (wanted == leader_file::state::absent) return remove(path);
  if (found == finding::changed) {
    if (outcome failed = remove(path)) return failed;
  }
  return create(path);
}

bool is(finding found, leader_file::state wanted) {
  return found ==
         (wanted == leader_file::state::present ? finding::the_file : finding::nothing);
}

}  // namespace

void leader_file::keep(state wanted) {
  if (path_.empty()) return;
  if (wanted != wanted_) keeper_.wanted_changed();
  wanted_ = wanted;
  const time_point now = env_->now();
  if (!keeper_.due(now)) return;
  const finding found = look_at(path_);
  if (is(found, wanted)) return report_success();
  if (keeper_.settled()) repair();
  const outcome failed = make(wanted, found, path_);
  if (!failed) return report_success();
  keeper_.failed(now);
  report_failure(*failed);
}

// Removed, or written to: by any process on this machine.
void leader_file::repair() {
  if (!keeper_.repairing(env_->now(), env_->counted->leader_files_repaired)) return;
  const log_level level = keeper_.contested() ? log_level::warn : log_level::info;
  env_->log->log(level, "repairing leader file",
                 {log_field("file", path_), log_field("wanted", wanted_text()),
                  log_field("repairs", std::uint64_t{keeper_.repairs_in_a_row()})});
}

void leader_file::report_failure(const std::string& why) {
  const std::string text = wanted_text() + ": " + why;
  if (text == failure_) return;
  failure_ = text;
  env_->log->log(log_level::error, "leader file update failed",
                 {log_field("file", path_), log_field("wanted", wanted_text()),
                  log_field("error", why)});
}

void leader_file::report_success() {
  keeper_.in_step();
  if (failure_.empty()) return;
  failure_.clear();
  env_->log->log(log_level::info, "leader file updated",
                 {log_field("file", path_), log_field("wanted", wanted_text())});
}

}  // namespace tenure::sidecar
