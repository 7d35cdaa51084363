#include "tenure-cron/daemon/jobs_source.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "common/options.hpp"
#include "common/regular_file.hpp"

namespace tenure::cron {
namespace {

namespace fs = std::filesystem;

bool is_jobs_file(const fs::path& name) {
  const std::string text = name.filename().string();
  return !text.starts_with('.') && (name.extension() == ".yaml" || name.extension() == ".yml");
}

}  // namespace

std::string stamp_of(const std::string& file) {
  struct stat s = {};
  if (::stat(file.c_str(), &s) != 0) return file + "?" + std::to_string(errno);
  std::string made = file;
  const auto add = [&made](auto part) { made += ':' + std::to_string(part); };
  add(s.st_dev);
  add(s.st_ino);
  add(s.st_size);
  add(s.st_mtim.tv_sec);
  add(s.st_mtim.tv_nsec);
  add(s.st_ctim.tv_sec);
  add(s.st_ctim.tv_nsec);
  return made;
}

jobs_source::jobs_source(std::string path) : path_(std::move(path)) {
  std::error_code error;
  folder_ = fs::is_directory(path_, error);
  if (!folder_) return;  // read() says if it is missing
  if (files().empty())
    throw apps::usage_error("cannot read '" + path_ + "': the folder has no *.yaml file");
}

std::vector<std::string> jobs_source::files() const {
  if (!folder_) return {path_};
  std::vector<std::string> found;
  std::error_code error;
  for (fs::directory_iterator i(path_, error), end; !error && i != end; i.increment(error)) {
    if (is_jobs_file(i->path())) found.push_back(i->path().string());
  }
  // Files that cannot be listed are not gone.
  if (error) throw apps::usage_error("cannot list '" + path_ + "': " + error.message());
  std::ranges::sort(found);
  return found;
}

std::vector<jobs_text> jobs_source::read(runtime::input_kind kind) const {
  std::vector<jobs_text> all;
  std::set<std::string> names;
  for (const std::string& file : files()) {
    jobs_text one;
    if (folder_) one.tenant = fs::path(file).stem().string();
    one.path = file;
    try {
      one.text = kind == runtime::input_kind::any ? apps::read_file(file)
                                                  : apps::read_regular_file(file);
    } catch (const apps::usage_error& e) {
      one.error = e.what();
    }
    if (!names.insert(one.tenant).second) {
      one.error = "'" + one.path + "' and another file have the same name without its end";
      one.tenant = fs::path(file).filename().string();
    }
    all.push_back(std::move(one));
  }
  return all;
}

std::string jobs_source::stamp() const {
  std::string all;
  try {
    for (const std::string& file : files()) all += stamp_of(file) + '\n';
  } catch (const apps::usage_error& e) {
    return e.what();
  }
  return all;
}

}  // namespace tenure::cron
