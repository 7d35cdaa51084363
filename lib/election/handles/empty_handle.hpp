// What an empty handle answers: one that was moved from.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <type_traits>

#include "election/errors.hpp"

namespace tenure::impl {

inline const std::string no_text;

inline constexpr const char* empty_handle = "the handle is empty: it was moved from";

/// An operation that throws errc::shut_down when it is awaited.
template <class T>
boost::asio::awaitable<T> refused() {
  fail(errc::shut_down, empty_handle);
  if constexpr (std::is_void_v<T>) {
    co_return;
  } else {
    co_return T();
  }
}

inline boost::asio::awaitable<void> nothing() { co_return; }

}  // namespace tenure::impl
