#include "election/group/member_removal.hpp"

#include <utility>

#include "core/testing/seeded_bug.hpp"
#include "election/group/group_view.hpp"
#include "election/group/hand_over_notices.hpp"

namespace tenure::impl {

std::vector<consul::txn_op> member_removal(std::string_view group, std::string_view session,
                                           consul::txn_op guard, removal_scope scope) {
  std::vector<consul::txn_op> ops;
  ops.push_back(std::move(guard));
  ops.push_back(consul::txn_op::remove(member_key_name(group, session)));
  const bool notices = scope == removal_scope::key_and_notices;
  if (notices && !bug_enabled(core::seeded_bug::notices_left)) {
    ops.push_back(consul::txn_op::remove_tree(notices_prefix(group, session)));
  }
  return ops;
}

}  // namespace tenure::impl
