// Small files that are replaced atomically: after a crash, of the computer too, a reader finds the
// old content or the new, never a part.
#pragma once

#include <optional>
#include <string>

namespace tenure::runtime {

/// The file's content; nothing where the file does not exist. Throws boost::system::system_error,
/// which names the path, where it cannot be read.
std::optional<std::string> read_file(const std::string& path);

/// Replaces the file by one with this content, and creates its folder if need be. Returns when the
/// content is on the disk. Throws boost::system::system_error, which names the path.
void replace_file(const std::string& path, const std::string& content);

}  // namespace tenure::runtime
