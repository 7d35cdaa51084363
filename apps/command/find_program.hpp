// Finds the program of a command.
#pragma once

#include <string>
#include <string_view>

namespace tenure::command {

/// The file that `name` means: `name` itself if it contains a slash, else the first executable of
/// that name in `path` (a list as in PATH). On failure an empty string, and `error` says why:
/// ENOENT if no such file exists, EACCES if one exists and cannot be executed.
std::string find_program(std::string_view name, std::string_view path, int& error);

/// The same with this process's PATH.
std::string find_program(std::string_view name, int& error);

}  // namespace tenure::command
