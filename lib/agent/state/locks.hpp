// Locks: keys held by sessions, and the lock-delay after the end of a holder.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "agent/consul_version.hpp"
#include "agent/state/kv_store.hpp"
#include "agent/state/session_table.hpp"
#include "runtime/timer_heap.hpp"

namespace tenure::agent {

/// The result of a lock or unlock: done, not done (another session holds the key, or the session
/// does not hold it), or an error in Consul's words.
class lock_outcome {
 public:
  bool done = false;
  std::string error;
};

enum class lock_delay_mode : std::uint8_t { enforced, bypassed };

class locks {
 public:
  /// Until `closed_until` every key is under lock-delay.
  locks(kv_store& keys, session_table& sessions, runtime::timer_heap& timers,
        const consul_traits& traits, time_point closed_until)
      : keys_(keys),
        sessions_(sessions),
        timers_(timers),
        traits_(traits),
        closed_until_(closed_until) {}

  /// Gives `wanted.key` to `wanted.session`. Ignores lock-delay: Consul checks it before it orders
  /// a write, not when it applies the write.
  lock_outcome lock(std::uint64_t index, kv_fields& wanted);
  lock_outcome unlock(std::uint64_t index, kv_fields& wanted, time_point now);

  /// Ends the session: releases or deletes its keys, starts their lock-delay, removes the session.
  void end_session(std::uint64_t index, session_entry& session, time_point now);

  /// When a key was last taken from a holder that may still act: its session ended, or the release
  /// was not clean.
  time_point lost_at() const noexcept { return lost_at_; }

  bool delayed(std::string_view key, time_point now) const noexcept;
  /// For fault injection: whether delayed() checks the delays of keys; it always checks
  /// `closed_until`.
  void set_mode(lock_delay_mode mode) noexcept { mode_ = mode; }
  /// For fault injection: ends the delay of every key at `until` at the latest.
  void cut_delays(time_point until);

 private:
  class delay : public runtime::timer {
   public:
    delay(locks& owner, std::string_view delayed_key)
        : timer(&delay::over), owner_(owner), key_(delayed_key) {}

   private:
    static void over(timer& t) noexcept;
    locks& owner_;
    std::string key_;
  };
  void start_delay(const std::string& key, time_point until);

  kv_store& keys_;
  session_table& sessions_;
  runtime::timer_heap& timers_;
  const consul_traits& traits_;
  time_point closed_until_;
  time_point lost_at_ = time_point::min();
  lock_delay_mode mode_ = lock_delay_mode::enforced;
  std::map<std::string, delay, std::less<>> delays_;
};

}  // namespace tenure::agent
