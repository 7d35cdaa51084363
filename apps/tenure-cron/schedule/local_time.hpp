// Local times and the moments at which a zone's clock shows them.
#pragma once

#include "tenure-cron/schedule/zone.hpp"

namespace tenure::cron {

/// An offset range of a zone, with what its clock showed before.
class shown_range {
 public:
  shown_range(const zone& where, sys_seconds t);

  const offset_range& range() const noexcept { return range_; }
  /// The clock showed all earlier times before this range: smaller than what it shows at the begin
  /// of the range if it was put forward, larger if it was put back.
  local_seconds fresh_from() const noexcept { return fresh_from_; }
  local_seconds first() const { return range_.to_local(range_.begin); }
  local_seconds end() const { return range_.to_local(range_.end); }
  /// The moment at which the clock shows `t` first: for a time in the gap before this range, its
  /// begin.
  sys_seconds moment_of(local_seconds t) const {
    return t < first() ? range_.begin : range_.to_sys(t);
  }

 private:
  offset_range range_;
  local_seconds fresh_from_;
};

/// The first moment at which the clock shows `t`. If it never shows `t`, because it was put
/// forward, the moment of that change.
sys_seconds first_shown(local_seconds t, const zone& where);

}  // namespace tenure::cron
