// The document of a group's member, the value of its key. Readers ignore what they do not know, so
// that members of different versions share a group, and refuse what they would misread.
#pragma once

#include <optional>
#include <string>

#include "core/group/group_member.hpp"

namespace tenure::consul {

/// Nothing if `text` is not a member's document, or of a later format: then the elections that its
/// session holds count as those of a stranger. `name`, and `value` or `value_base64`, are required.
std::optional<core::group_member> parse_member(std::string text);
/// The name and the labels must be UTF-8. A value that is not is written as base64.
std::string member_text(const core::group_member& member);

}  // namespace tenure::consul
