// The groups that the elections of a sidecar belong to.
#pragma once

#include <map>
#include <string>
#include <tenure/elections.hpp>

#include "common/group_options.hpp"

namespace tenure::sidecar {

class joined_groups {
 public:
  /// The group of this prefix; joins it at the first call.
  group& join(elections& all, const apps::group_membership& how);
  bool empty() const noexcept { return groups_.empty(); }
  std::map<std::string, group>& all() noexcept { return groups_; }  ///< by prefix
  const std::map<std::string, group>& all() const noexcept { return groups_; }

  /// Before the sidecar ends: the other members take what this one leads, and give it nothing.
  void take_nothing_more();

  /// [{"group": ..., "member": ..., "members": [...]}, ...] as of now.
  std::string json() const;

 private:
  std::map<std::string, group> groups_;
};

}  // namespace tenure::sidecar
