// A group as its watched prefix shows it: the members, and the operators' wishes.
//
//   <prefix>/members/<session>          a member, locked by that session (consul/member_document)
//   <prefix>/members/.pinned/<key>      the name of the member that shall lead the key
//   <prefix>/members/.drained/<name>    the member of that name shall lead nothing
//
// No session id begins with a dot. Each wish is one key, so that operators do not overwrite each
// other's.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tenure/time.hpp>
#include <vector>

#include "consul/types.hpp"
#include "core/group/group_member.hpp"
#include "core/util/session_id.hpp"

namespace tenure::impl {

class seen_member {
 public:
  core::session_id session;
  core::group_member document;
  std::uint64_t create_index = 0;  ///< of two members with one name the newer counts for pins
  std::uint64_t modify_index = 0;

  friend bool operator==(const seen_member&, const seen_member&) = default;
};

/// A member's key that no session locks: a crash left it.
class left_over {
 public:
  std::string key;
  std::uint64_t modify_index = 0;

  friend bool operator==(const left_over&, const left_over&) = default;
};

class group_view {
 public:
  std::vector<seen_member> members;  ///< in the one order of all members: by name, then by session
  std::map<std::string, std::string> pins;  ///< key -> the member's name
  std::set<std::string> drained;            ///< names
  std::vector<left_over> left_overs;
  std::vector<std::string> unreadable;  ///< keys that are locked, but show no member
  time_point asked_at{};                ///< a time before Consul was asked

  /// Whether both show the same members, pins and drains.
  bool same_group(const group_view& other) const {
    return members == other.members && pins == other.pins && drained == other.drained;
  }
  /// The member with that session; null: none.
  const seen_member* find(const core::session_id& session) const noexcept;
};

std::string members_prefix(std::string_view group);  ///< `<group>/members/`
std::string member_key_name(std::string_view group, std::string_view session);
/// Whether the key is a member's, of any group.
bool is_member_key(const consul::kv_entry& entry);
std::string pin_key_name(std::string_view group, std::string_view key);
std::string drain_key_name(std::string_view group, std::string_view member);

/// The name of the member in the value of a pin, without its line end: people write pins with
/// `consul kv put`, often from files.
std::string pinned_member(const consul::kv_entry& pin);

/// Throws bad_configuration for a prefix that no group can have.
void check_group_prefix(const std::string& prefix);

/// Reads the list of everything below members_prefix(group). A key shows a member if the session
/// that it is named after locks it, and if its document can be read.
group_view read_group(std::string_view group, const consul::kv_list& list);

}  // namespace tenure::impl
