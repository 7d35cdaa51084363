#include "command/find_program.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace tenure::command {
namespace {

int check(const std::string& file) {
  struct stat found = {};
  if (::stat(file.c_str(), &found) != 0) return errno == EACCES ? EACCES : ENOENT;
  if (!S_ISREG(found.st_mode) || ::access(file.c_str(), X_OK) != 0) return EACCES;
  return 0;
}

}  // namespace

std::string find_program(std::string_view name, std::string_view path, int& error) {
  error = ENOENT;
  if (name.empty()) return {};
  if (name.find('/') != std::string_view::npos) {
    std::string file(name);
    error = check(file);
    return error == 0 ? file : std::string();
  }
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    const std::string_view folder = path.substr(begin, end - begin);
    begin = end + 1;
    std::string file(folder.empty() ? "." : folder);
    file += '/';
    file += name;
    const int problem = check(file);
    if (problem == 0) {
      error = 0;
      return file;
    }
    if (problem == EACCES) error = EACCES;
  }
  return {};
}

std::string find_program(std::string_view name, int& error) {
  const char* path = std::getenv("PATH");
  return find_program(name, path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin", error);
}

}  // namespace tenure::command
