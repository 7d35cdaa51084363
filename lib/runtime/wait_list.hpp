// Who waits: a FIFO list of suspended coroutines, each with its own deadline and its own
// cancellation. The condition, the task scope and the connection pools are made of it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <memory>
#include <tenure/time.hpp>

#include "runtime/timers.hpp"

namespace tenure::runtime {

class wait_list;

/// A suspended coroutine: its timer, its place in a list, and the way to wake it. It belongs to
/// itself and is gone after complete().
class wait_operation : public timer {
 public:
  wait_operation(timers& timers, wait_list* list) noexcept;
  virtual ~wait_operation() = default;

  /// Links into the list, and arms the timer unless the deadline is time_point::max().
  void start(time_point deadline);
  /// Unlinks, disarms, posts the completion and destroys the operation.
  void complete(boost::system::error_code error, bool notified) noexcept;

 protected:
  virtual void post_completion(boost::system::error_code error, bool notified) noexcept = 0;

 private:
  friend class wait_list;
  timers* timers_;
  wait_list* list_;  // none: a plain sleep
  wait_operation* older_ = nullptr;
  wait_operation* newer_ = nullptr;
};

/// One thread. Completions are always posted: nothing resumes inside a call.
class wait_list {
 public:
  explicit wait_list(timers& timers) noexcept : timers_(timers) {}
  wait_list(const wait_list&) = delete;
  wait_list& operator=(const wait_list&) = delete;
  ~wait_list() { close(); }

  bool empty() const noexcept { return oldest_ == nullptr; }
  /// Wakes the one that has waited longest; false where nobody waits. Whoever was woken is told so
  /// even when it is cancelled before it runs: what it was woken for is not lost.
  bool notify_one() noexcept;
  /// Wakes all who wait now.
  void notify_all() noexcept;
  /// Wakes all who wait, and all who ever come, at once.
  void close() noexcept;

  bool closed() const noexcept { return closed_; }
  timers& its_timers() const noexcept { return timers_; }

 private:
  friend class wait_operation;
  void link(wait_operation& op) noexcept;
  void unlink(wait_operation& op) noexcept;

  timers& timers_;
  wait_operation* oldest_ = nullptr;
  wait_operation* newest_ = nullptr;
  bool closed_ = false;
};

enum class on_cancel : bool { abort, ignore };

/// Completes when notified (true) or at the deadline (false; max() is never). Cancellation of any
/// type throws system_error(operation_aborted), unless it is ignored.
boost::asio::awaitable<bool> wait_in(std::shared_ptr<wait_list> list, time_point deadline,
                                     on_cancel cancelled = on_cancel::abort);

}  // namespace tenure::runtime
