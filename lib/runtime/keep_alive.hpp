// Keeps objects alive for as long as a coroutine runs. A coroutine begins when it is first awaited,
// not when it is called; by then the object whose member it is may have been destroyed.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <type_traits>
#include <utility>

namespace tenure::runtime {

/// `task`, with its owners kept alive until it has ended. For coroutines that are member functions:
/// keep_alive(p->work(), p).
template <class T>
boost::asio::awaitable<T> keep_alive([[maybe_unused]] boost::asio::awaitable<T> task,
                                     [[maybe_unused]] std::shared_ptr<const void> owner,
                                     [[maybe_unused]] std::shared_ptr<const void> other = nullptr) {
  if constexpr (std::is_void_v<T>) {
    co_await std::move(task);
  } else {
    T result = co_await std::move(task);
    co_return result;
  }
}

}  // namespace tenure::runtime
