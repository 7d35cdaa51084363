#include "tenure/run/lock_arguments.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace tenure::apps {
namespace {

// Options without a value in the next word.
constexpr std::array<std::string_view, 8> flags{"child-exit-code", "pass-stdin", "shell", "stale",
                                                "verbose", "help", "h", "help-all"};

std::string_view without_dashes(std::string_view word) {
  word.remove_prefix(word.starts_with("--") ? 2 : 1);
  return word;
}

}  // namespace

lock_arguments::lock_arguments(const std::vector<std::string>& words) {
  auto next = words.begin();
  for (; next != words.end() && next->size() > 1 && next->front() == '-'; ++next) {
    if (*next == "--") {
      ++next;
      break;
    }
    const std::string_view option = without_dashes(*next);
    ours.push_back("--" + std::string(option));
    const bool complete = option.find('=') != option.npos ||
                          std::find(flags.begin(), flags.end(), option) != flags.end();
    if (!complete && next + 1 != words.end()) ours.push_back(*++next);
  }
  if (next != words.end()) {
    ours.emplace_back("--");
    ours.push_back(*next++);
  }
  child.assign(next, words.end());
}

}  // namespace tenure::apps
