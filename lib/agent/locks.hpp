// Locks: keys held by sessions, and the delay in which nobody may take a key whose holder died.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "agent/kv_store.hpp"
#include "agent/session_table.hpp"
#include "runtime/timer_heap.hpp"

namespace tenure::agent {

/// What became of a lock or unlock: done, not done (held by another, not held), or an error that
/// Consul words.
class lock_outcome {
 public:
  bool done = false;
  std::string error;
};

class locks {
 public:
  /// Until `closed_until` every key is under lock-delay.
  locks(kv_store& keys, session_table& sessions, runtime::timer_heap& timers,
        time_point closed_until)
      : keys_(keys), sessions_(sessions), timers_(timers), closed_until_(closed_until) {}

  /// Takes `wanted.key` for `wanted.session`. Does not look at lock-delay: Consul tests that
  /// before a write is ordered, not when it is carried out.
  lock_outcome lock(std::uint64_t index, kv_fields& wanted);
  lock_outcome unlock(std::uint64_t index, kv_fields& wanted);

  /// The session ends: its keys are released or deleted, under lock-delay, and it is removed.
  void end_session(std::uint64_t index, session_record& session, time_point now);

  bool delayed(std::string_view key, time_point now) const noexcept;
  /// For faults: no delay is looked at; none lasts longer than `until`.
  void ignore_delays(bool ignored) noexcept { delays_ignored_ = ignored; }
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
  time_point closed_until_;
  bool delays_ignored_ = false;
  std::map<std::string, delay, std::less<>> delays_;
};

}  // namespace tenure::agent
