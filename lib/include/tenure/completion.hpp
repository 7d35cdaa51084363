// How the functions that begin with `async_` run and complete.
//
// Each is the twin of an awaitable function and takes a completion token of Boost.Asio: a callback,
// asio::deferred (the default), asio::use_awaitable of any executor, asio::use_future, each also
// inside asio::as_tuple, asio::bind_executor and the like. The rules, for all of them:
//
// - Nothing happens before the operation is initiated. A deferred operation that is dropped has no
//   effect. An operation that was initiated does not need its handle any more.
// - It completes with `void(error_code)` or `void(error_code, T)`, where the awaitable function
//   throws a system_error with that code. async_lead() and async_hold() run a function of the user,
//   which may throw anything: like asio::co_spawn they complete with `void(std::exception_ptr, T)`.
// - The operation runs on the executor of its elections object. The handler runs on its
//   associated executor, by default on that of the elections object, and never inside the function
//   that initiates the operation.
// - An operation may be initiated on any thread, as long as no other thread changes the handle at
//   that time (moves or destroys it, or assigns to it). A deferred operation that is not initiated
//   must be dropped on the thread of the io_context, as a handle must be destroyed there; one of a
//   term may be dropped on any thread.
// - Terminal cancellation through the handler's cancellation slot has the effect that the awaitable
//   function documents. Emit the signal where the handler runs, as for every operation of Asio: two
//   threads must not use one signal at the same time.
// - An empty handle has no executor. Its operations complete with errc::shut_down (async_leave()
//   and async_shut_down() with success) by a post to the handler's executor, by default the system
//   executor. So do the operations of a term that has outlived its elections object, with what the
//   awaitable function answers.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/system_executor.hpp>
#include <boost/system/errc.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <memory>
#include <new>
#include <tenure/error.hpp>
#include <type_traits>
#include <utility>

namespace tenure {

namespace impl {

/// `First` is error_code or std::exception_ptr.
template <class First, class T>
struct completion_signature {
  using type = void(First, T);
};
template <class First>
struct completion_signature<First, void> {
  using type = void(First);
};

}  // namespace impl

/// A completion token for `void(error_code, T)`; for `void(error_code)` where T is void.
template <class Token, class T>
concept completes_with =
    boost::asio::completion_token_for<Token,
                                      typename impl::completion_signature<error_code, T>::type>;

/// A completion token for `void(std::exception_ptr, T)`.
template <class Token, class T>
concept completes_or_throws = boost::asio::completion_token_for<
    Token, typename impl::completion_signature<std::exception_ptr, T>::type>;

/// What an operation returns if it is given no token.
using default_token = boost::asio::deferred_t;

namespace impl {

/// The code of a system_error; not_enough_memory for std::bad_alloc. The library throws nothing
/// else from an operation that completes with a code; it would be thrown again.
inline error_code code_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const boost::system::system_error& e) {
    return e.code();
  } catch (const std::bad_alloc&) {
    return make_error_code(boost::system::errc::not_enough_memory);
  }
}

template <class First>
First first_of(std::exception_ptr thrown) {
  if constexpr (std::is_same_v<First, error_code>) {
    return thrown ? code_of(thrown) : error_code();
  } else {
    return thrown;
  }
}

/// Whether a handler may run inside the call that completes it.
enum class delivery { dispatch, post };

/// Passes the result of a coroutine to the user's handler, on the handler's executor, with which it
/// counts as outstanding work until then.
template <class First, class Handler>
class completion {
 public:
  completion(Handler handler, const boost::asio::any_io_executor& fallback, delivery how,
             std::shared_ptr<boost::asio::cancellation_signal> signal = nullptr)
      : work_(boost::asio::make_work_guard(handler, fallback)),
        handler_(std::move(handler)),
        how_(how),
        signal_(std::move(signal)) {}

  template <class... Values>
  void operator()(std::exception_ptr thrown, Values... values) {
    const auto executor = work_.get_executor();
    auto allocator = boost::asio::get_associated_allocator(handler_);
    auto call = boost::asio::bind_allocator(
        allocator, [handler = std::move(handler_), work = std::move(work_),
                    first = first_of<First>(std::move(thrown)),
                    ... values = std::move(values)]() mutable {
          // A signal that is emitted later must not reach this operation any more.
          auto slot = boost::asio::get_associated_cancellation_slot(handler);
          if (slot.is_connected()) slot.clear();
          std::move(handler)(std::move(first), std::move(values)...);
        });
    if (how_ == delivery::post) {
      boost::asio::post(executor, std::move(call));
    } else {
      boost::asio::dispatch(executor, std::move(call));
    }
  }

 private:
  using executor_type =
      boost::asio::associated_executor_t<Handler, boost::asio::any_io_executor>;

  boost::asio::executor_work_guard<executor_type> work_;
  Handler handler_;
  delivery how_;
  std::shared_ptr<boost::asio::cancellation_signal> signal_;  ///< lives as long as the coroutine
};

/// In the cancellation slot of a user's handler: passes the signal on to the operation's executor.
/// (co_spawn uses a raw pointer for this, which dangles once the operation has completed.) It never
/// cancels inside the call that emits: that call may come from the coroutine itself.
class cancellation_relay {
 public:
  cancellation_relay(boost::asio::any_io_executor executor,
                     std::shared_ptr<boost::asio::cancellation_signal> signal) noexcept
      : executor_(std::move(executor)), signal_(std::move(signal)) {}

  void operator()(boost::asio::cancellation_type type) const {
    boost::asio::post(executor_, [signal = signal_, type] { signal->emit(type); });
  }

 private:
  boost::asio::any_io_executor executor_;
  std::shared_ptr<boost::asio::cancellation_signal> signal_;
};

/// Starts the coroutine of an operation.
template <class First>
class initiate_task {
 public:
  using executor_type = boost::asio::any_io_executor;

  explicit initiate_task(executor_type executor)
      : empty_handle_(!executor),
        executor_(empty_handle_ ? executor_type(boost::asio::system_executor())
                                : std::move(executor)) {}

  executor_type get_executor() const noexcept { return executor_; }

  template <class Handler, class T>
  void operator()(Handler&& handler, boost::asio::awaitable<T> task) const {
    using completion_type = completion<First, std::decay_t<Handler>>;
    if (empty_handle_) {
      // It has a result at once, and waits for nothing.
      boost::asio::io_context here(1);
      completion_type done(std::forward<Handler>(handler), executor_, delivery::post);
      boost::asio::co_spawn(here, std::move(task), std::move(done));
      here.run();
      return;
    }
    std::shared_ptr<boost::asio::cancellation_signal> signal;
    auto slot = boost::asio::get_associated_cancellation_slot(handler);
    if (slot.is_connected()) {
      signal = std::make_shared<boost::asio::cancellation_signal>();
      slot.template emplace<cancellation_relay>(executor_, signal);
    }
    const auto inner = signal ? signal->slot() : boost::asio::cancellation_slot();
    completion_type done(std::forward<Handler>(handler), executor_, delivery::dispatch,
                         std::move(signal));
    boost::asio::co_spawn(executor_, std::move(task),
                          boost::asio::bind_cancellation_slot(inner, std::move(done)));
  }

 private:
  bool empty_handle_;
  executor_type executor_;
};

/// The asynchronous operation that runs `task` on `executor` once it is initiated. Completes with
/// `First` (error_code or std::exception_ptr) and the task's result.
template <class First, class T, class Token>
auto async_run(boost::asio::any_io_executor executor, boost::asio::awaitable<T> task,
               Token&& token) {
  return boost::asio::async_initiate<Token, typename completion_signature<First, T>::type>(
      initiate_task<First>(std::move(executor)), token, std::move(task));
}

}  // namespace impl
}  // namespace tenure
