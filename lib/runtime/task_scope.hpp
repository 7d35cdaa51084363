// A scope of coroutines: cancel them all, await them all.
//
// The library spawns its background work in one, with these exceptions in lib/election:
// - leaving an election and shutting down, when a handle is destroyed, run detached: a scope that
//   shut_down() joins cannot contain shut_down() itself. They keep the engine alive until they are
//   done;
// - resign(), leave() and shut_down() await a coroutine that they co_spawn, so that the caller's
//   cancellation, which acts on a whole stack, does not interrupt the release of the key;
// - the body of a term is co_spawned on the executor that the user chose. The term awaits it.
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
  std::size_t size() const noexcept;
  /// Completes when all tasks have ended. Cannot be cancelled; but like every co_await it throws at
  /// once in a coroutine that is cancelled already: there, call
  /// reset_cancellation_state(disable_cancellation()) first.
  boost::asio::awaitable<void> join();

 private:
  class state;
  std::shared_ptr<state> state_;
};

}  // namespace tenure::runtime
