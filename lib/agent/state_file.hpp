// The part of the agent's state that survives a restart. Keys and sessions are in memory and are
// lost. But the index must never go back, or a new fence would be below an old one; and a new run
// must not grant a lock while its holder of the old run may still rely on it.
#pragma once

#include <cstdint>
#include <string>
#include <tenure/time.hpp>
#include <utility>

#include "runtime/atomic_file.hpp"

namespace tenure::agent {

/// clean: no session was alive, and no lock was refused any more because of the stop before.
enum class stop_kind : std::uint8_t { unclean, clean };

/// While the agent runs, the file says "unclean" and has an index that the agent has not reached
/// yet, so the file is right after a crash.
class state_file {
 public:
  /// An empty path: there is no file, and every start counts as unclean.
  explicit state_file(std::string path) : file_(std::move(path)) {}

  const std::string& path() const noexcept { return file_.path(); }
  /// Takes and reads the file, and throws, as atomic_file::read(). Also throws bad_configuration
  /// where the file is another program's: it is not ours to replace. A damaged one of our own is
  /// kept as PATH.bad.
  void load();
  /// The first index: the greater of the file's and the time of day in microseconds.
  std::uint64_t start_index() const;
  /// Whether the last run ended with a stop, and without a live session.
  bool clean() const noexcept { return last_stop_ == stop_kind::clean; }
  /// Whether there was a file, valid or not.
  bool found() const noexcept { return found_; }
  /// Whether the file existed and was invalid.
  bool damaged() const noexcept { return damaged_; }

  /// Keeps the file ahead of the index. Call it at the start and after writes; it rarely writes.
  void reach(std::uint64_t index);
  void stop(std::uint64_t index, stop_kind how);

 private:
  void write(std::uint64_t index, stop_kind how);

  runtime::atomic_file file_;
  std::uint64_t index_ = 0;  ///< in the file
  stop_kind last_stop_ = stop_kind::unclean;
  bool found_ = false;
  bool damaged_ = false;
};

}  // namespace tenure::agent
