// How many terms a member stops at a time when it gives up all that it leads. A key has no leader
// from the end of its body until its hand-over: so no more bodies are stopped than a few
// transactions hand over.
#pragma once

#include <cstddef>
#include <tenure/time.hpp>
#include <vector>

namespace tenure::impl {

class participant;

/// Slow bodies, and a slow Consul, hold the others up for a moment only.
class stop_window {
 public:
  /// How many more may be stopped now.
  std::size_t room(time_point now);
  /// It was asked to stop just now.
  void stopped(participant& who, time_point now);
  void forget(participant& who);
  /// When there is more room at the latest, if no key is handed over before; time_point::max(): at
  /// the next hand-over.
  time_point next() const noexcept;

 private:
  struct entry {
    participant* who;
    time_point at;
  };
  /// Until when it counts; time_point::min(): not any more.
  static time_point counts_until(const entry& one) noexcept;

  std::vector<entry> open_;
};

}  // namespace tenure::impl
