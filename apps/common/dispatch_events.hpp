// The events of the elections of a program, until they are shut down.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <tenure/elections.hpp>

namespace tenure::apps {

/// Calls `on_event` with each event of `all`. Completes when `all` is shut down.
boost::asio::awaitable<void> dispatch_events(elections& all,
                                             std::function<void(const event&)> on_event);

}  // namespace tenure::apps
