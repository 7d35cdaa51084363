// Small files that are there whole or not at all, also after a crash of the machine.
#pragma once

#include <optional>
#include <string>

namespace tenure::runtime {

/// The file's content; nothing where there is no such file. Throws boost::system::system_error
/// that names the path where it cannot be read.
std::optional<std::string> read_file(const std::string& path);

/// Puts `content` in the place of the file, making its folder where it is missing. Returns when it
/// is on the disk. Throws boost::system::system_error that names the path.
void replace_file(const std::string& path, const std::string& content);

}  // namespace tenure::runtime
