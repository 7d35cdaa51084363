#include "common/near_word.hpp"

#include <algorithm>
#include <tenure/toolkit/ascii.hpp>

namespace tenure::apps {
namespace {

constexpr std::size_t longest_typed = 64;

std::string folded(std::string_view word) {
  std::string text;
  for (const char c : word) {
    if (c != '-' && c != '_' && c != ' ') text += text::lower(c);
  }
  return text;
}

// The number of slips, as Damerau counts them, between neighbours only.
std::size_t slips(std::string_view a, std::string_view b) {
  std::vector<std::size_t> two(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1,
                         above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], two[j - 2] + 1);
    }
    two = above;
    above = row;
  }
  return above[b.size()];
}

}  // namespace

std::string nearest_word(std::string_view typed, const std::vector<const char*>& words) {
  const std::string wanted = folded(typed);
  if (wanted.empty() || wanted.size() > longest_typed) return {};
  std::string best;
  std::size_t fewest = wanted.size() < 5 ? 2 : 3;  // fewer than that many slips
  for (const char* word : words) {
    const std::size_t found = slips(wanted, folded(word));
    if (found >= fewest) continue;
    fewest = found;
    best = word;
  }
  return best;
}

}  // namespace tenure::apps
