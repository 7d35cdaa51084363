// How the programs show a group of elections.
#pragma once

#include <string>
#include <tenure/group.hpp>
#include <vector>

namespace tenure::apps {

/// "settled"; "joining" until then; "draining" while a drained member still leads, "drained" after
/// that; "leaving".
const char* state_of(const group_member_status& member) noexcept;

/// The members as a JSON array.
std::string to_json(const std::vector<group_member_status>& members);
/// The group as one line of JSON.
std::string to_json(const group_report& group);
/// The group as a table of its members, and lines for what is not in it.
std::vector<std::string> to_lines(const group_report& group);

}  // namespace tenure::apps
