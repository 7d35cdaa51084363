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
  if (!keys_.insert(key).second || getters_.contains(from) || givers_.contains(to)) {
    world_.probes.hit("needless move after a member's death");
  }
  if (settled(group, to)) return;
  world_.report_violation("L6", key + " is given to a member that has not settled");
}

bool needless_moves::settled(const std::string& group, const std::string& session) const {
  const auto& now = truth_.of(impl::member_key_name(group, session)).now;
  const auto document = now ? consul::parse_member(now->value) : std::nullopt;
  return document && document->settled;
}

}  // namespace tenure::sim
