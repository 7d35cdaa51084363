// What a term's handles share: what other threads may read of the lease, and the way to its host.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <tenure/end_reason.hpp>
#include <tenure/time.hpp>

#include "core/util/session_id.hpp"
#include "election/key_name.hpp"
#include "election/term/lazy_stop_source.hpp"
#include "runtime/clock.hpp"

namespace tenure::impl {

class term_host;

/// Counted by the handles. The atomics are copies of what the host's term_lease says, published by
/// the thread of the io_context; what is no atomic belongs to that thread, `host` included. Nothing
/// in it needs the io_context, so the last handle may go away on any thread and at any time.
class term_state {
 public:
  term_state(key_name k, core::session_id s, std::uint64_t f,
             std::shared_ptr<const runtime::clock> c, std::weak_ptr<term_host> r,
             std::weak_ptr<const boost::asio::any_io_executor> e)
      : key(std::move(k)),
        session(std::move(s)),
        fence(f),
        clock(std::move(c)),
        host(std::move(r)),
        executor(std::move(e)) {}

  bool holds() const noexcept { return clock->now() < until(valid_until); }
  /// Before the holder has to stop.
  bool before_stop() const noexcept { return clock->now() < until(stop_at); }
  static time_point until(const std::atomic<std::int64_t>& a) noexcept {
    return time_point(duration(a.load(std::memory_order_acquire)));
  }
  void open(time_point end, time_point stop) noexcept {
    valid_until.store(end.time_since_epoch().count(), std::memory_order_release);
    stop_at.store(stop.time_since_epoch().count(), std::memory_order_release);
  }
  void close() noexcept { open(time_point::min(), time_point::min()); }

  const key_name key;
  const core::session_id session;
  const std::uint64_t fence;
  const std::shared_ptr<const runtime::clock> clock;
  std::atomic<std::int64_t> valid_until{time_point::min().time_since_epoch().count()};
  std::atomic<std::int64_t> stop_at{time_point::min().time_since_epoch().count()};
  std::atomic<end_reason> reason{end_reason::none};
  std::atomic<bool> hand_over_wanted{false};
  lazy_stop_source stop_source;
  // A proclaim changes the index that guards the term, so it has the term to itself.
  std::uint32_t writes = 0;     ///< guarded writes under way
  std::uint32_t proclaims = 0;  ///< under way or waiting: no write begins meanwhile
  bool proclaiming = false;     ///< one of them is under way
  const std::weak_ptr<term_host> host;
  /// Any thread. Of the context, which any thread may see, as long as it lives.
  const std::weak_ptr<const boost::asio::any_io_executor> executor;
};

}  // namespace tenure::impl
