// Waiting for something to change, with a deadline: the one way in which coroutines of tenure wait
// for anything that is not the network.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <tenure/time.hpp>

#include "runtime/timers.hpp"

namespace tenure::runtime {

class wait_list;

/// Like a condition variable, for coroutines of one thread: wait in a loop around a predicate.
class async_condition {
 public:
  async_condition(boost::asio::any_io_executor executor, timers& timers);
  async_condition(const async_condition&) = delete;
  async_condition& operator=(const async_condition&) = delete;
  /// Waiters that are left complete as if notified.
  ~async_condition();

  /// Completes, always through the executor and never inside notify, when notified (true) or at
  /// the deadline (false). time_point::max() waits for ever. Throws system_error(operation_aborted)
  /// when cancelled (terminal, partial or total). Any number of waiters.
  boost::asio::awaitable<bool> wait(time_point deadline = time_point::max());
  /// Wakes all who wait now.
  void notify_all() noexcept;

 private:
  timers& timers_;
  std::shared_ptr<wait_list> waiters_;  // from the first wait on: most conditions have no waiter
};

}  // namespace tenure::runtime
