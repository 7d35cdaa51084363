// The names of a group's members.
#pragma once

#include <string>

namespace tenure::core {

/// Throws bad_configuration for a name that no member can have: names are parts of keys, the values
/// of pins, and JSON.
void check_member_name(const std::string& name);

}  // namespace tenure::core
