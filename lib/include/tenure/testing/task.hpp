// A coroutine that runs in a test's world.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <tenure/error.hpp>
#include <utility>

namespace tenure::testing {

class task_state;

/// What a task<T> has for every T. Move-only.
class task_base {
 public:
  task_base(const task_base&) = delete;
  task_base& operator=(const task_base&) = delete;

  /// Whether the coroutine has ended, by return or by an exception.
  bool done() const noexcept;
  /// Cancels the coroutine (terminal cancellation); it notices when the world runs next.
  void cancel();
  /// The code of the system_error with which the coroutine ended; none while it runs, after it has
  /// returned, and after any other exception.
  error_code error() const;

 protected:
  /// Takes the coroutine of that state.
  explicit task_base(std::shared_ptr<task_state> state) noexcept;
  task_base(task_base&&) noexcept;  ///< the other one has no coroutine then
  /// First does what the destructor does.
  task_base& operator=(task_base&&) noexcept;
  ~task_base();
  void run_to_end();  ///< runs the world until the coroutine has ended; throws as task::get()

 private:
  std::shared_ptr<task_state> state_;
};

/// A handle to a coroutine that process::spawn() or world::spawn() started.
///
/// Destroying the handle ends the coroutine, as std::jthread does with its thread: it is cancelled,
/// and the world runs until it has ended. So what the coroutine uses may be declared before its
/// task, and is destroyed after it. A process that is paused or has crashed runs again for that.
template <class T>
class [[nodiscard]] task final : public task_base {
 public:
  /// Runs the world until the coroutine has ended, and returns its result, once, or throws its
  /// exception. Throws std::runtime_error if it has not ended after an hour of virtual time, or if
  /// nothing can wake it any more.
  T get() {
    run_to_end();
    return std::move(**result_);
  }

 private:
  friend class process;
  friend class world;
  using result = std::shared_ptr<std::optional<T>>;

  task(std::shared_ptr<task_state> state, result into) noexcept
      : task_base(std::move(state)), result_(std::move(into)) {}
  static boost::asio::awaitable<void> keep(boost::asio::awaitable<T> coroutine, result into) {
    T returned = co_await std::move(coroutine);
    into->emplace(std::move(returned));
  }
  /// `start` takes an awaitable<void> and returns the state of its task.
  template <class Start>
  static task begin(boost::asio::awaitable<T> coroutine, Start start) {
    auto into = std::make_shared<std::optional<T>>();
    auto state = start(keep(std::move(coroutine), into));
    return task(std::move(state), std::move(into));
  }

  result result_;
};

template <>
/// A handle to a coroutine without a result.
class [[nodiscard]] task<void> final : public task_base {
 public:
  void get() { run_to_end(); }  ///< runs the world until it has ended; throws as that of task<T>

 private:
  friend class process;
  friend class world;

  explicit task(std::shared_ptr<task_state> state) noexcept : task_base(std::move(state)) {}
  template <class Start>
  static task begin(boost::asio::awaitable<void> coroutine, Start start) {
    return task(start(std::move(coroutine)));
  }
};

}  // namespace tenure::testing
