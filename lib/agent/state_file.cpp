#include "agent/state_file.hpp"

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <string_view>
#include <system_error>
#include <tenure/bad_configuration.hpp>

#include "runtime/wall_clock.hpp"

namespace tenure::agent {
namespace {

constexpr std::string_view magic = "tenure-agent-state";
constexpr int format_version = 1;
/// One write of the file covers this many writes of the agent.
constexpr std::uint64_t ahead = 1'000'000;
/// Some clients keep indexes as doubles.
constexpr std::uint64_t max_exact_double = std::uint64_t{1} << 53;

// What is wrong with it may be of use to someone.
void keep_damaged(const std::string& path) {
  std::error_code error;
  std::filesystem::copy_file(path, path + ".bad",
                             std::filesystem::copy_options::overwrite_existing, error);
  if (error)
    throw bad_configuration("cannot keep the damaged state file " + path + " as " + path +
                            ".bad: " + error.message());
}

}  // namespace

void state_file::load() {
  if (path().empty()) return;
  const auto content = file_.read();
  if (!content) return;
  found_ = true;
  if (!content->empty() && !content->starts_with(magic))
    throw bad_configuration("the file " + path() +
                            " is not a state file of tenure agent: name another, or remove it");
  std::istringstream text(*content);
  std::string name;
  std::string index_name;
  std::string stop_name;
  std::string stop;
  int found_version = 0;
  std::uint64_t index = 0;
  text >> name >> found_version >> index_name >> index >> stop_name >> stop;
  damaged_ = text.fail() || name != magic || found_version != format_version ||
             index_name != "index" || stop_name != "stop" || index >= max_exact_double;
  if (damaged_) return keep_damaged(path());
  index_ = index;
  last_stop_ = stop == "clean" ? stop_kind::clean : stop_kind::unclean;
}

std::uint64_t state_file::start_index() const {
  return std::max(index_, std::min(runtime::wall_clock_us(), max_exact_double - 1));
}

void state_file::reach(std::uint64_t index) {
  if (path().empty() || (index < index_ && !clean())) return;
  write(index + ahead, stop_kind::unclean);
}

void state_file::stop(std::uint64_t index, stop_kind how) {
  if (!path().empty()) write(index, how);
}

void state_file::write(std::uint64_t index, stop_kind how) {
  std::ostringstream text;
  text << magic << ' ' << format_version << "\nindex " << index << "\nstop "
       << (how == stop_kind::clean ? "clean" : "unclean") << '\n';
  file_.replace(text.str());
  index_ = index;
  last_stop_ = how;
}

}  // namespace tenure::agent
