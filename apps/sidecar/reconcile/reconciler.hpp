// Keeps something outside this process as it should be: the leader file, the marks of a Consul
// service, the file of a socket. The wanted state comes from the caller, which looks at the actual
// one again and again, because any program may change it. The reconciler decides when the caller
// may act, and which repairs deserve a line of the log.
#pragma once

#include <cstdint>
#include <tenure/time.hpp>

#include "sidecar/reconcile/recurrence.hpp"

namespace tenure::sidecar {

/// How long the reconciler waits after a failure.
struct failure_pauses {
  duration first = std::chrono::milliseconds(250);  ///< doubles with each failure in a row
  duration longest = std::chrono::seconds(2);
};

class reconciler {
 public:
  explicit reconciler(failure_pauses failures) : failures_(failures), pause_(failures.first) {}

  /// Another state is wanted from now on: nothing that failed or was repaired before delays it.
  void wanted_changed() noexcept;
  /// The actual state was seen to be the wanted one, or was made so.
  void in_step() noexcept;
  /// It could not be seen, or not be changed.
  void failed(time_point now) noexcept;
  /// The state was the wanted one before, and is not any more: the caller repairs it. Counts the
  /// repair in `counter`. Returns whether it should be logged: the first ones of a row, then one
  /// in ten minutes.
  bool repairing(time_point now, std::uint64_t& counter) noexcept;

  /// Whether the caller may act now, and when it may.
  bool due(time_point now) const noexcept { return now >= not_before_; }
  time_point not_before() const noexcept { return not_before_; }
  /// Whether the state was the wanted one when the caller last saw it: if it is not any more,
  /// something else has changed it.
  bool settled() const noexcept { return was_in_step_ && !failing_; }
  bool failing() const noexcept { return failing_; }
  unsigned repairs_in_a_row() const noexcept { return repairs_.in_a_row(); }
  /// So many repairs in a row that another program probably restores its own version.
  bool contested() const noexcept;

 private:
  failure_pauses failures_;
  duration pause_;
  recurrence repairs_;
  time_point not_before_ = time_point::min();
  time_point last_report_ = time_point::min();
  bool was_in_step_ = false;
  bool failing_ = false;
};

}  // namespace tenure::sidecar
