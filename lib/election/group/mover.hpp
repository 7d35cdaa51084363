// Executes this member's part of the plan with the elections that it leads: asks bodies to hand
// over, at a pace and with patience; stops them if this member must not lead, or asks them first if
// it has a drain limit; and names the recipient of each key that is given up.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tenure/membership.hpp>
#include <tenure/time.hpp>
#include <vector>

#include "core/group/live_plan.hpp"
#include "core/group/move_pace.hpp"
#include "election/group/deadline_list.hpp"
#include "election/group/group_planner.hpp"
#include "election/group/stop_window.hpp"
#include "runtime/environment.hpp"

namespace tenure::impl {

class mover {
 public:
  /// The planner outlives this.
  mover(std::shared_ptr<const runtime::environment> env, std::string group, const membership& how,
        group_planner& planner);

  /// Before the plan is asked for: what was given up, or is wanted again, by now.
  void review(time_point now);
  /// When to be called again at the latest; time_point::max(): at the next change.
  time_point run(const core::own_part& part, time_point now);
  /// For run() and review().
  time_point next() { return std::min({asked_.next(), declined_.next(), returned_.next()}); }

  void holder_changed(std::uint32_t seat, const core::session_id& holder, time_point now);
  void seat_changed(std::uint32_t seat);
  /// Operators have pinned elections, by key to the name of a member: those that were declined
  /// before are asked for again.
  void pinned(const std::map<std::string, std::string>& before,
              const std::map<std::string, std::string>& now);
  void forget(participant& who);
  std::optional<recipient> recipient_of(std::uint32_t seat, time_point now);
  void handed_over(std::uint32_t seat, const recipient& to, time_point now);
  /// For terms that are stopped beside those that run() stops.
  stop_window& window() noexcept { return window_; }

 private:
  using seats = std::vector<std::uint32_t>;

  time_point stop_all(const core::own_part& part, time_point now);
  time_point ask_all(const core::own_part& part, time_point now);
  void set_deadlines(time_point at);
  bool stop_or_wait(std::uint32_t seat, time_point now);
  void decline(participant& who, time_point now, std::string_view event);
  void forget_declined(const std::function<bool(const participant&)>& which);
  void ask(std::uint32_t seat, time_point now);
  /// Of an election that we hold.
  core::giving how_far(participant& who) const;
  /// Some of those that are too many for this member. When to ask more.
  void withdraw_all_but(const core::own_part& part);
  time_point ask_urgent(const seats& urgent, time_point now);
  void log(std::string_view event, const participant& who);

  const std::shared_ptr<const runtime::environment> env_;
  const std::string group_;
  const duration limit_;
  const std::optional<duration> drain_limit_;
  group_planner& planner_;
  core::move_pace pace_;
  std::uint64_t plan_seen_ = 0;
  time_point next_urgent_{};
  /// When bodies that were asked are stopped, while this member must not lead.
  std::optional<time_point> stop_asked_at_;
  deadline_list asked_;     ///< until their bodies have to have returned
  deadline_list declined_;  ///< they stay here until then, while this member may lead
  deadline_list returned_;  ///< they stay here until then, also if this member may not lead
  deadline_list given_;     ///< to members that may give them back

  stop_window window_;
  seats to_stop_;               ///< all that are given up, by the plan of that number
  std::size_t next_to_stop_ = 0;
  seats not_yet_;               ///< of those before: ours, and without a term that could be stopped
  std::uint64_t stop_plan_ = 0;
};

/// So a transaction wakes one or two of the watches of a member, and the transactions that wake the
/// same watch follow each other: the pauses between its polls collect them.
std::vector<std::uint32_t> in_key_order(std::vector<std::uint32_t> seats,
                                        const group_planner& planner);

}  // namespace tenure::impl
