// The arguments of `tenure lock`: options as Go's flag package reads them, the prefix, and the
// words of the child.
#pragma once

#include <string>
#include <vector>

namespace tenure::apps {

class lock_arguments {
 public:
  /// `words`: what follows "lock". The options end at "--" or at the first word that does not begin
  /// with a dash. The next word is the prefix, and the rest is the child with its options.
  explicit lock_arguments(const std::vector<std::string>& words);

  /// The options with two dashes, then the prefix: as CLI11 parses them.
  std::vector<std::string> ours;
  std::vector<std::string> child;
};

}  // namespace tenure::apps
