// Files that a program reads again while its event loop runs.
#pragma once

#include <string>

namespace tenure::apps {

/// The text of a regular file, without a wait. Throws usage_error if it cannot be read.
std::string read_regular_file(const std::string& name);

}  // namespace tenure::apps
