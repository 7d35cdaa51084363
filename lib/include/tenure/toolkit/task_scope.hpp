// A scope of coroutines: cancel them all, await them all.
//
// Part of tenure::toolkit, which this project's programs share with the library: no promise of
// stability between minor versions.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <tenure/toolkit/timers.hpp>

namespace tenure::runtime {

/// Runs coroutines on one executor. Its owner cancels and joins them.
class task_scope {
 public:
  /// `failed` is called with every exception that leaves a task, except operation_aborted.
  task_scope(boost::asio::any_io_executor executor, timers& timers,
             std::function<void(std::exception_ptr)> failed);
  task_scope(const task_scope&) = delete;
  task_scope& operator=(const task_scope&) = delete;
  /// Join first: the destructor does not cancel. Only the destruction of the io_context destroys
  /// tasks that have not ended.
  ~task_scope();

  /// Posts the start of a task to the executor. After cancel() a new task starts and is cancelled
  /// at once.
  void spawn(boost::asio::awaitable<void> task);
  /// Emits terminal cancellation to every task. The executor's thread only.
  void cancel();
  std::size_t size() const noexcept;  ///< tasks that have not ended
  /// Completes when all tasks have ended. Cannot be cancelled; but like every co_await it throws at
  /// once in a coroutine that is cancelled already: there, call
  /// reset_cancellation_state(disable_cancellation()) first.
  boost::asio::awaitable<void> join();

 private:
  class state;
  std::shared_ptr<state> state_;
};

}  // namespace tenure::runtime
