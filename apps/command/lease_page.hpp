// One page of memory that a runner shares with the guardian of its command: until when the command
// may run. The runner writes it as proofs of leadership arrive; the guardian reads it whenever it
// wakes. It works without a system call and whatever state the runner is in.
#pragma once

#include <atomic>
#include <cstdint>
#include <tenure/time.hpp>

namespace tenure::command {

/// When a command has to be told to stop, and when it has to be gone.
class lease_times {
 public:
  lease_times() = default;
  lease_times(time_point stop, time_point kill) : stop_at(stop), kill_at(kill) {}

  time_point stop_at = time_point::max();  ///< SIGTERM
  time_point kill_at = time_point::max();  ///< SIGKILL
};

class lease_page {
 public:
  /// A new page. Throws system_error.
  lease_page();
  /// The page behind a descriptor that was inherited, which is closed. Throws system_error.
  explicit lease_page(int descriptor);
  lease_page(const lease_page&) = delete;
  lease_page& operator=(const lease_page&) = delete;
  ~lease_page();

  void set(lease_times t) noexcept;
  lease_times get() const noexcept;
  /// What to hand to the guardian: closed on exec unless told otherwise.
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
