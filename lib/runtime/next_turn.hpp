// Beginning a coroutine of a user's in a turn of the loop of its own.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace tenure::runtime {

/// Waits for the next turn of the loop. A coroutine that co_spawn runs, that is cancelled by what
/// it does itself and that ends without ever having waited throws out of io_context::run() (Boost
/// 1.81: its entry point awaits once more, outside of every handler). One that has waited before
/// does not.
inline boost::asio::awaitable<void> next_turn(boost::asio::any_io_executor executor) {
  co_await boost::asio::post(executor, boost::asio::use_awaitable);
}

}  // namespace tenure::runtime
