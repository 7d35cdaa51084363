#include "sim/needless_moves.hpp"

#include "consul/member_document.hpp"
#include "election/group/group_view.hpp"

namespace tenure::sim {

void needless_moves::handed_over(const std::string& group, const std::string& key,
                                 const std::string& from, const std::string& to) {
  if (!running_) return;
  world_.probes.hit("handed over after a member's death");
  givers_.insert(from);
  getters_.insert(to);
  std::string why;
  if (!keys_.insert(key).second) why = "is handed over twice";
  if (getters_.contains(from)) why = "is given by a member that got elections itself";
  if (givers_.contains(to)) why = "is given to a member that gives elections away";
  if (!settled(group, to)) why = "is given to a member that has not settled";
  if (!why.empty()) world_.report_violation("L6", key + " " + why + ", after a member's death");
}

bool needless_moves::settled(const std::string& group, const std::string& session) const {
  const auto& now = truth_.of(impl::member_key_name(group, session)).now;
  const auto document = now ? consul::parse_member(now->value) : std::nullopt;
  return document && document->settled;
}

}  // namespace tenure::sim
