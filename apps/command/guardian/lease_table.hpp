// Memory that a runner shares with the guardians of its commands. Each command has a slot with its
// deadlines: the runner moves them as proofs of leadership arrive, the guardian reads them whenever
// it wakes. That takes no system call and no descriptor, and works whatever state the runner is in.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "command/lease_times.hpp"

namespace tenure::command {

/// The slot of one command. A cache line: the guardians of two commands share none.
struct alignas(64) lease_slot {
  std::atomic<std::int64_t> stop_at;  ///< nanoseconds of CLOCK_BOOTTIME
  std::atomic<std::int64_t> kill_at;
  /// Its process id, as long as no other process can have it; 0: it has not started.
  std::atomic<std::int32_t> guardian;
  std::atomic<std::int32_t> command;   ///< its process id; 0: it has not started

  /// What `guardian` is when the guardian has started and ended.
  static constexpr std::int32_t ended = -1;

  void set(lease_times t) noexcept;
  lease_times get() const noexcept;
};

class lease_table {
 public:
  /// At most so many commands run at a time.
  static constexpr std::size_t size = 1 << 16;

  /// New memory. Throws system_error.
  lease_table();
  /// Maps the memory of an inherited descriptor, and closes the descriptor. Throws system_error.
  explicit lease_table(int descriptor);
  lease_table(const lease_table&) = delete;
  lease_table& operator=(const lease_table&) = delete;
  ~lease_table();

  /// A free slot, without deadlines and processes. Throws system_error if none is free.
  std::uint32_t take();
  void give_back(std::uint32_t number) { free_.push_back(number); }
  lease_slot& operator[](std::uint32_t number) noexcept { return slots_[number]; }
  /// What the zygote must inherit. It has FD_CLOEXEC.
  int descriptor() const noexcept { return descriptor_; }

 private:
  void map();

  int descriptor_ = -1;
  lease_slot* slots_ = nullptr;
  std::uint32_t unused_ = 0;  ///< the first slot that was never taken
  std::vector<std::uint32_t> free_;
};

}  // namespace tenure::command
