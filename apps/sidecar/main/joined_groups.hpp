// The groups that the elections of a sidecar belong to.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tenure/elections.hpp>

#include "common/group_options.hpp"

namespace tenure::sidecar {

class joined_groups {
 public:
  /// The group of this prefix; joins it at the first call.
  group& join(elections& all, const apps::group_membership& how);
  bool empty() const noexcept { return groups_.empty(); }
  /// By prefix.
  const std::map<std::string, std::shared_ptr<group>>& all() const noexcept { return groups_; }
  /// Null if no election of the sidecar belongs to it.
  std::shared_ptr<group> find(const std::string& prefix) const;
  /// Takes over the weight and the capacity, in a group that was joined.
  void adjust(const apps::group_membership& how);
  boost::asio::awaitable<void> leave(std::string prefix);
  /// Whether leave() goes on: no election can be entered in the group until it has ended.
  bool leaving(const std::string& prefix) const { return leaving_.contains(prefix); }

  /// Before the sidecar ends: the other members take what this one leads, and give it nothing.
  void take_nothing_more();

  /// [{"group": ..., "member": ..., "members": [...]}, ...] as of now.
  std::string json() const;

 private:
  std::map<std::string, std::shared_ptr<group>> groups_;  // by prefix
  std::map<std::string, membership> memberships_;         // by prefix, of the same groups
  std::set<std::string> leaving_;                         // prefixes
};

}  // namespace tenure::sidecar
