// A scope of coroutines: cancel them all, await them all. Nothing in tenure is spawned outside one.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>

#include "runtime/timers.hpp"

namespace tenure::runtime {

class task_scope {
 public:
  /// `failed` is told of every exception that leaves a task, but for operation_aborted.
  task_scope(boost::asio::any_io_executor executor, timers& timers,
             std::function<void(std::exception_ptr)> failed);
  task_scope(const task_scope&) = delete;
  task_scope& operator=(const task_scope&) = delete;
  /// Join first. Only an io_context that is destroyed takes tasks with it that have not ended.
  ~task_scope();

  /// Starts a task, through the executor. One that is spawned after cancel() is started and
  /// cancelled at once.
  void spawn(boost::asio::awaitable<void> task);
  /// Emits terminal cancellation to every task. The executor's thread only.
  void cancel();
  std::size_t size() const noexcept;
  /// Completes when no task is left. Cannot be cancelled. Like every co_await it throws at once in
  /// a coroutine that already was: reset_cancellation_state(disable_cancellation()) first.
  boost::asio::awaitable<void> join();

 private:
  class state;
  std::shared_ptr<state> state_;
};

}  // namespace tenure::runtime
