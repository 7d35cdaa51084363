// A wait for the next turn of the event loop, before which a user's coroutine must not begin.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace tenure::runtime {

/// Waits for the next turn of the loop. It works around Boost 1.81: a coroutine that co_spawn runs
/// throws out of io_context::run() if it cancels itself and ends without having waited once, since
/// co_spawn's entry point then awaits again outside of every handler.
inline boost::asio::awaitable<void> next_turn(boost::asio::any_io_executor executor) {
  co_await boost::asio::post(executor, boost::asio::use_awaitable);
}

}  // namespace tenure::runtime
