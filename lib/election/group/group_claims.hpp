// Which free keys of a group this process claims, and when: those that the plan gives it at once,
// those of another member after a handicap. All others wait.
#pragma once

#include <cstdint>
#include <tenure/time.hpp>
#include <vector>

#include "core/group/live_plan.hpp"
#include "election/group/group_planner.hpp"

namespace tenure::impl {

class group_claims {
 public:
  /// `lock_delay`: of the members' sessions. The planner outlives this.
  group_claims(group_planner& planner, duration lock_delay) noexcept
      : planner_(planner), lock_delay_(lock_delay) {}

  /// Lets the claims begin that are due by now, and ends the others. When to be called again at the
  /// latest; time_point::max(): at the next change.
  time_point update(const core::own_part& part, time_point now);
  /// Nothing is claimed.
  void close();
  void forget(participant& who);

 private:
  void open(const std::vector<std::uint32_t>& wanted);
  /// When this process claims the key of another member's; time_point::max(): it does not.
  time_point claim_at(std::uint32_t seat);

  group_planner& planner_;
  const duration lock_delay_;
  std::vector<participant*> open_;
  // The handicaps begin anew when other members may claim.
  std::uint64_t membership_ = 0;
  time_point members_since_{};
};

}  // namespace tenure::impl
