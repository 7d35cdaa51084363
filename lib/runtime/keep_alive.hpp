// A coroutine does not begin when it is called but when it is first awaited, and by then whoever
// was called may be gone.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <type_traits>
#include <utility>

namespace tenure::runtime {

/// `task`, with its owners kept alive until it has ended. For member functions that are coroutines:
/// keeping(p->work(), p).
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
