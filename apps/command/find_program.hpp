// Where a command's program is.
#pragma once

#include <string>
#include <string_view>

namespace tenure::command {

/// The file that `name` means: itself where it has a slash, else the first executable of that name
/// in `path` (a list as in PATH). On failure an empty string and why: ENOENT where there is none,
/// EACCES where there is one that cannot be executed.
std::string find_program(std::string_view name, std::string_view path, int& error);

/// The same with this process's PATH.
std::string find_program(std::string_view name, int& error);

}  // namespace tenure::command
