// From which version and commit the program was built.
#pragma once

#include <string>
#include <string_view>

namespace tenure::apps {

/// As `git describe --always --dirty --abbrev=12` named it during the build, or as a tarball of the
/// sources does; empty: neither is known.
std::string_view build_commit() noexcept;

/// For --version: "tenure 0.2.0 (commit 0123456789ab)".
std::string version_line(std::string_view program);

}  // namespace tenure::apps
