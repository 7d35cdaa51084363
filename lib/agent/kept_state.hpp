// What the agent keeps over a restart. Its keys and sessions are in memory and go with it; but its
// index must never go back, or a fence of the new life would be below one of the old, and locks
// of the old life must not be handed out while their holders may still believe in them.
#pragma once

#include <cstdint>
#include <string>
#include <tenure/time.hpp>

namespace tenure::agent {

/// The file of an agent that is up says "unclean", and an index that the agent has not reached
/// yet: so a crash leaves a file that is right.
class kept_state {
 public:
  /// Without a path nothing is kept, and every start is taken for unclean.
  explicit kept_state(std::string path) : path_(std::move(path)) {}

  const std::string& path() const noexcept { return path_; }
  /// Reads the file. Throws boost::system::system_error that names it.
  void load();
  /// Where the index begins: the greater of what was kept and the time of day in microseconds.
  std::uint64_t start_index() const;
  /// Whether the last stop was clean, with no session alive.
  bool clean() const noexcept { return clean_; }
  /// Whether there was a file that made no sense.
  bool damaged() const noexcept { return damaged_; }

  /// To be called at the start and after writes: keeps the file ahead of the index. Seldom writes.
  void reach(std::uint64_t index);
  void stop(std::uint64_t index, bool clean);

 private:
  void write(std::uint64_t index, bool clean);

  std::string path_;
  std::uint64_t kept_index_ = 0;
  bool clean_ = false;
  bool damaged_ = false;
};

}  // namespace tenure::agent
