// Man pages in roff (man(7)).
#pragma once

#include <string>

#include "common/help/help_tree.hpp"

namespace tenure::apps {

/// The page of `command`, in section 1. `program`: the whole tree, for SEE ALSO.
std::string man_page(const help_command& command, const help_command& program,
                     const std::string& version);

/// The name of a command's page: "tenure-run"; "is-leader" for a subcommand that is also a link.
std::string man_page_name(const help_command& command);

}  // namespace tenure::apps
