// How the parts of a context start their tasks.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>

namespace tenure::impl {

/// Starts a task in the context's task scope and keeps the context alive until the task has ended.
using spawn_function = std::function<void(boost::asio::awaitable<void>)>;

}  // namespace tenure::impl
