// A condition variable for coroutines, with a deadline: coroutines of tenure wait by it for
// everything except the network and plain time.
//
// Part of tenure::toolkit, which this project's programs share with the library: no promise of
// stability between minor versions.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <tenure/time.hpp>
#include <tenure/toolkit/timers.hpp>

namespace tenure::runtime {

class wait_list;

/// One thread. As with every condition variable, wait in a loop around a predicate.
class async_condition {
 public:
  explicit async_condition(timers& timers) noexcept : timers_(timers) {}  ///< `timers` outlives it
  async_condition(const async_condition&) = delete;
  async_condition& operator=(const async_condition&) = delete;
  /// Completes the remaining waiters as if notified.
  ~async_condition();

  /// Completes when notified (true) or at the deadline (false; time_point::max() is never): on the
  /// executor of the waiting coroutine, and never inside notify_all(). Throws
  /// system_error(operation_aborted) when cancelled (terminal, partial or total).
  boost::asio::awaitable<bool> wait(time_point deadline = time_point::max());
  /// Wakes all current waiters; a later wait() does not notice.
  void notify_all() noexcept;

 private:
  timers& timers_;
  std::shared_ptr<wait_list> waiters_;  // made by the first wait: most conditions have no waiter
};

}  // namespace tenure::runtime
