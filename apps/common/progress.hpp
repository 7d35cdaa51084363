// How far long work is: a bar on a terminal, and lines elsewhere.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace tenure::apps {

enum class show_progress : bool { no, yes };

/// Prints to standard error, by a separate thread: nothing within the first second; then on a
/// terminal a bar on one line, which the destructor removes, and elsewhere a line every five
/// seconds. A terminal that is stopped holds up nothing.
class progress {
 public:
  /// `what`: such as "drain host-a". `unit`: such as "elections". `wanted`: not for a program
  /// whose output is JSON, or that should be quiet.
  progress(std::string what, std::string unit, show_progress wanted);
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;
  ~progress();

  /// `done` of `total` units are done; a total of 0: not known. Any thread; takes no lock.
  void update(std::size_t done, std::size_t total) noexcept;

 private:
  class state;
  std::unique_ptr<state> state_;  ///< null if it is not wanted
};

}  // namespace tenure::apps
