// The processes of a run. A process that crashes or stops is replaced by a new one in its position.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "sim/process.hpp"
#include "sim/run_context.hpp"

namespace tenure::sim {

using process_ptr = std::shared_ptr<process>;

class process_set {
 public:
  explicit process_set(run_context& context) : context_(context) {}

  /// Starts a process in that position.
  void start(std::size_t slot);
  /// Replaces a process after that time.
  void replace_later(const process_ptr& old, duration wait);
  /// Settles all processes, present and future, and ends the faults of their links.
  void settle();

  /// A random live process; null if there is none.
  process_ptr random_alive();
  /// One for each position, those that await their replacement included.
  const std::vector<process_ptr>& current() const noexcept { return current_; }
  /// Positions that await a new process.
  std::size_t restarting() const noexcept { return restarting_; }
  const std::vector<process_ptr>& replaced() const noexcept { return replaced_; }
  /// Of all processes.
  std::int64_t lost_claims() const;
  /// The current and the replaced ones.
  std::vector<process_ptr> all() const;

 private:
  run_context& context_;
  std::vector<process_ptr> current_;
  std::vector<process_ptr> replaced_;
  actor next_number_ = 0;
  std::size_t restarting_ = 0;
  bool settled_ = false;
};

}  // namespace tenure::sim
