// What the tests of adversity share: operators, pauses, blind processes and bodies that run on.
#pragma once

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <functional>
#include <tenure/toolkit/async_condition.hpp>

#include "election_fixture.hpp"

namespace tenure::test {

inline const std::string key = "service/r/leader";

inline candidacy quick(std::string value = "me") {
  return candidacy(std::move(value)).span(5s).ttl(10s).lock_delay(0s);
}

inline bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}
inline bool locked(election_fixture& b) { return has(b.key(key), "\"Session\""); }
inline bool claims(const runtime::http_request& r) { return has(r.body, "\"lock\""); }

/// Calls back when the log reports the next term.
class listening_log final : public log_sink {
 public:
  bool enabled(log_level) const noexcept override { return true; }
  void write(log_level, std::string_view message,
             std::span<const log_field>) noexcept override {
    if (message == "term began" && on_leading) std::exchange(on_leading, nullptr)();
  }
  std::function<void()> on_leading;
};

/// The process stops for a while and nothing of it runs.
inline void pause(manual_runtime& rt, duration d) {
  const auto clock =
      std::dynamic_pointer_cast<const testing::manual_clock>(rt.environment()->clock);
  const_cast<testing::manual_clock&>(*clock).move_to(rt.now() + d);
}

/// Runs on for `cleanup` after its cancellation.
inline asio::awaitable<void> stubborn(manual_runtime& rt, duration cleanup, int& running,
                                      int& most) {
  most = std::max(most, ++running);
  try {
    co_await runtime::sleep_until(rt.timers(), time_point::max());
  } catch (const boost::system::system_error&) {
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await runtime::sleep_until(rt.timers(), rt.now() + cleanup);
  --running;
}

/// A process that is blind from the start: its watch never answers.
inline void blind(process& p) {
  p.transport->network = [](runtime::lane where, const runtime::http_request&) {
    return fate(where == runtime::lane::polls ? mishap::silent_before : mishap::none);
  };
}

}  // namespace tenure::test
