// A FIFO list of suspended coroutines, each with a deadline and a cancellation slot. It is the base
// of async_condition, task_scope and the connection pools.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <tenure/time.hpp>
#include <tenure/toolkit/timers.hpp>

namespace tenure::runtime {

class wait_list;

/// What ends a wait.
enum class wake : std::uint8_t { notified, deadline, cancelled };

/// A suspended coroutine: its timer, its links in a list, and its completion handler. It owns
/// itself: complete() destroys it.
class wait_operation : public timer {
 public:
  wait_operation(timers& timers, wait_list* list) noexcept;
  virtual ~wait_operation() = default;

  /// Links into the list, and arms the timer unless the deadline is time_point::max().
  void start(time_point deadline);
  /// Unlinks, disarms, posts the completion and destroys the operation.
  void complete(wake why) noexcept;

 protected:
  virtual void post_completion(wake why) noexcept = 0;

 private:
  friend class wait_list;
  timers* timers_;
  wait_list* list_;  // null: a plain sleep
  wait_operation* previous_ = nullptr;
  wait_operation* next_ = nullptr;
};

/// One thread. Completions are always posted: nothing resumes inside a call.
class wait_list {
 public:
  explicit wait_list(timers& timers) noexcept : timers_(timers) {}
  wait_list(const wait_list&) = delete;
  wait_list& operator=(const wait_list&) = delete;
  ~wait_list() { close(); }

  bool empty() const noexcept { return first_ == nullptr; }
  /// Wakes the first waiter, which has waited longest; false if the list is empty. A waiter that is
  /// cancelled after that, before it runs, still completes as notified: what the notification hands
  /// over is not lost.
  bool notify_one() noexcept;
  /// Wakes all current waiters.
  void notify_all() noexcept;
  /// Wakes all current waiters, and from now on every new one at once.
  void close() noexcept;

  bool closed() const noexcept { return closed_; }
  timers& timer_service() const noexcept { return timers_; }

 private:
  friend class wait_operation;
  void link(wait_operation& op) noexcept;
  void unlink(wait_operation& op) noexcept;

  timers& timers_;
  wait_operation* first_ = nullptr;
  wait_operation* last_ = nullptr;
  bool closed_ = false;
};

enum class on_cancel : bool { abort, ignore };

/// Completes when notified (true) or at the deadline (false; max() is never). Cancellation of any
/// type throws system_error(operation_aborted), unless it is ignored.
boost::asio::awaitable<bool> wait_in(std::shared_ptr<wait_list> list, time_point deadline,
                                     on_cancel cancelled = on_cancel::abort);

}  // namespace tenure::runtime
