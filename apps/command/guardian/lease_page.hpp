// One page of memory that a runner shares with the guardian of its command. It holds the deadlines
// of the command: the runner moves them as proofs of leadership arrive, the guardian reads them
// whenever it wakes. That takes no system call, and works whatever state the runner is in.
#pragma once

#include <atomic>
#include <cstdint>

#include "command/lease_times.hpp"

namespace tenure::command {

class lease_page {
 public:
  /// A new page. Throws system_error.
  lease_page();
  /// Maps the page of an inherited descriptor, and closes the descriptor. Throws system_error.
  explicit lease_page(int descriptor);
  lease_page(const lease_page&) = delete;
  lease_page& operator=(const lease_page&) = delete;
  ~lease_page();

  void set(lease_times t) noexcept;
  lease_times get() const noexcept;
  /// What the guardian must inherit. It has FD_CLOEXEC, which the launcher clears.
  int descriptor() const noexcept { return descriptor_; }

 private:
  struct layout {
    std::atomic<std::int64_t> stop_at;  // nanoseconds of CLOCK_BOOTTIME
    std::atomic<std::int64_t> kill_at;
  };
  static_assert(std::atomic<std::int64_t>::is_always_lock_free);

  void map();

  int descriptor_ = -1;
  layout* page_ = nullptr;
};

}  // namespace tenure::command
