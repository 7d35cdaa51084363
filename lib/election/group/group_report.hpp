// A group as one list shows it, with the plan that every member makes from it.
#pragma once

#include <string>
#include <tenure/group.hpp>

#include "consul/types.hpp"

namespace tenure::impl {

/// `below`: everything below `<prefix>/`. Nothing in the report is marked as `self`.
group_report report_group(const std::string& prefix, const consul::kv_list& below);

}  // namespace tenure::impl
