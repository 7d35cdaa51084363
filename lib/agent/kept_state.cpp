#include "agent/kept_state.hpp"

#include <algorithm>
#include <sstream>

#include "runtime/atomic_file.hpp"
#include "runtime/wall_clock.hpp"

namespace tenure::agent {
namespace {

constexpr const char* magic = "tenure-agent-state";
constexpr int version = 1;
/// The file is written once for so many writes of the agent.
constexpr std::uint64_t ahead = 1'000'000;
/// Indexes pass through the hands of programs that keep numbers as doubles.
constexpr std::uint64_t longest_exact_double = std::uint64_t{1} << 53;

}  // namespace

void kept_state::load() {
  if (path_.empty()) return;
  const auto content = runtime::read_file(path_);
  if (!content) return;
  std::istringstream text(*content);
  std::string name;
  std::string index_name;
  std::string stop_name;
  std::string stop;
  int found_version = 0;
  std::uint64_t index = 0;
  text >> name >> found_version >> index_name >> index >> stop_name >> stop;
  damaged_ = text.fail() || name != magic || found_version != version || index_name != "index" ||
             stop_name != "stop" || index >= longest_exact_double;
  if (damaged_) return;
  kept_index_ = index;
  clean_ = stop == "clean";
}

std::uint64_t kept_state::start_index() const {
  return std::max(kept_index_, std::min(runtime::wall_clock_us(), longest_exact_double - 1));
}

void kept_state::reach(std::uint64_t index) {
  if (path_.empty() || (index < kept_index_ && !clean_)) return;
  write(index + ahead, false);
}

void kept_state::stop(std::uint64_t index, bool clean) {
  if (!path_.empty()) write(index, clean);
}

void kept_state::write(std::uint64_t index, bool clean) {
  std::ostringstream text;
  text << magic << ' ' << version << "\nindex " << index << "\nstop "
       << (clean ? "clean" : "unclean") << '\n';
  runtime::replace_file(path_, text.str());
  kept_index_ = index;
  clean_ = clean;
}

}  // namespace tenure::agent
