// The line of `tenure lock`: options as Go's flag package reads them, the prefix, and a child whose
// words are its own.
#pragma once

#include <string>
#include <vector>

namespace tenure::apps {

class lock_line {
 public:
  /// The words after "lock". Options end at "--" or at the first word that is none; what follows is
  /// the prefix and then the child, options of its own included.
  explicit lock_line(const std::vector<std::string>& words);

  /// Options with two dashes, then the prefix: as CLI11 reads them.
  std::vector<std::string> ours;
  std::vector<std::string> child;
};

}  // namespace tenure::apps
