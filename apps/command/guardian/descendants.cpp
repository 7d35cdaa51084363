#include "command/guardian/descendants.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <memory>
#include <string>
#include <string_view>

namespace tenure::command {
namespace {

// More is a fork bomb: the caller's next round finds the rest.
constexpr std::size_t most_descendants = 100'000;

// The file lists process ids, each followed by a space.
void read_children(const std::string& path, std::vector<pid_t>& found) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  std::string text;
  char block[4096];
  for (ssize_t got = 0; (got = ::read(file, block, sizeof block)) > 0;)
    text.append(block, static_cast<std::size_t>(got));
  ::close(file);
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    pid_t pid = 0;
    const auto [next, error] = std::from_chars(at, end, pid);
    if (error == std::errc() && pid > 0) found.push_back(pid);
    at = next == at ? at + 1 : next;
  }
}

void add_children(pid_t parent, std::vector<pid_t>& found) {
  const std::string tasks = "/proc/" + std::to_string(parent) + "/task";
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(tasks.c_str()), &::closedir);
  if (!folder) return;
  while (const dirent* entry = ::readdir(folder.get())) {
    if (entry->d_name[0] == '.') continue;
    read_children(tasks + '/' + entry->d_name + "/children", found);
  }
}

}  // namespace

std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> found;
  add_children(parent, found);
  return found;
}

std::vector<pid_t> descendants_of(pid_t parent) {
  std::vector<pid_t> found;
  add_children(parent, found);
  for (std::size_t i = 0; i < found.size() && found.size() < most_descendants; ++i) {
    const pid_t next = found[i];  // found grows
    add_children(next, found);
  }
  return found;
}

bool is_running(pid_t pid) {
  const int file = ::open(("/proc/" + std::to_string(pid) + "/stat").c_str(),
                          O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  char block[512];
  const ssize_t got = ::read(file, block, sizeof block);
  ::close(file);
  const std::string_view text(block, got > 0 ? static_cast<std::size_t>(got) : 0);
  const std::size_t name_end = text.rfind(')');  // the name may contain anything
  if (name_end == std::string_view::npos || name_end + 2 >= text.size()) return false;
  return text[name_end + 2] != 'Z' && text[name_end + 2] != 'X';
}

}  // namespace tenure::command
