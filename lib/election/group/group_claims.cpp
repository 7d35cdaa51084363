#include "election/group/group_claims.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/group/move_pace.hpp"
#include "election/participant/participant.hpp"

namespace tenure::impl {

time_point group_claims::update(const core::own_part& part, time_point now) {
  time_point next = time_point::max();
  if (std::exchange(membership_, planner_.membership()) != planner_.membership()) {
    members_since_ = now;
  }
  std::vector<std::uint32_t> wanted;
  if (planner_.may_lead()) {
    wanted = part.claims;
    const std::size_t most = wanted.size() + planner_.room_beside(wanted.size());
    for (const std::uint32_t seat : part.others) {
      const time_point at = claim_at(seat);
      if (at <= now) {
        if (wanted.size() < most) wanted.push_back(seat);
      } else {
        next = std::min(next, at);
      }
    }
  }
  open(wanted);
  return next;
}

// A lock-delay that may be in force keeps the target from its claim, so the handicap begins after
// it: else all members would claim when it ends. But the target soon writes a placeholder into a
// missing key. If it does not, the next member has to: the quarantine counts from there.
time_point group_claims::claim_at(std::uint32_t seat) {
  const std::optional<std::uint32_t> place = planner_.claim_place(seat);
  if (!place) return time_point::max();
  const core::key_history& seen = planner_.at(seat).history();
  const bool delayed = !seen.clean() && seen.exists();
  const time_point claimable = seen.free_since() + (delayed ? lock_delay_ : duration{0});
  return std::max(claimable, members_since_) + *place * core::claim_handicap;
}

void group_claims::close() { open({}); }

void group_claims::forget(participant& who) { std::erase(open_, &who); }

// A participant acts at once when its claim may begin.
void group_claims::open(const std::vector<std::uint32_t>& wanted) {
  std::vector<participant*> fresh;
  for (const std::uint32_t seat : wanted) {
    if (!planner_.claims(seat)) fresh.push_back(&planner_.at(seat));
    planner_.claims(seat) = false;  // for now: what stays true is not wanted any more
  }
  for (participant* const who : open_) {
    if (std::exchange(planner_.claims(who->seat()), false)) who->set_claims_wait(true);
  }
  open_.clear();
  for (const std::uint32_t seat : wanted) {
    planner_.claims(seat) = true;
    open_.push_back(&planner_.at(seat));
  }
  for (participant* const who : fresh) who->set_claims_wait(false);
}

}  // namespace tenure::impl
