// Starts of processes, one in each turn of the loop: 1,000 jobs that are due in one second must not
// keep the loop from the lease.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <deque>
#include <tenure/toolkit/async_condition.hpp>

namespace tenure::cron {

class start_turns {
 public:
  start_turns(boost::asio::any_io_executor executor, runtime::timers& timers)
      : executor_(std::move(executor)), timers_(timers) {}
  start_turns(const start_turns&) = delete;
  start_turns& operator=(const start_turns&) = delete;

  /// Completes when it is the caller's turn: in the order of the calls. Cannot be cancelled.
  boost::asio::awaitable<void> next();

 private:
  class waiter {
   public:
    runtime::async_condition* condition;
    bool* called;
  };

  void give_turn();
  void schedule();

  boost::asio::any_io_executor executor_;
  runtime::timers& timers_;
  std::deque<waiter> waiting_;
  bool scheduled_ = false;
};

}  // namespace tenure::cron
