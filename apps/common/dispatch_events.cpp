#include "common/dispatch_events.hpp"

#include <boost/system/system_error.hpp>
#include <tenure/error.hpp>

namespace tenure::apps {

boost::asio::awaitable<void> dispatch_events(elections& all,
                                             std::function<void(const event&)> on_event) {
  try {
    for (;;) {
      const event e = co_await all.next_event();
      on_event(e);
    }
  } catch (const boost::system::system_error& e) {
    if (e.code() != errc::shut_down) throw;
  }
}

}  // namespace tenure::apps
