// The commit from which the program was built.
#pragma once

#include <string_view>

namespace tenure::apps {

/// As `git rev-parse --short=12` named it when the build was configured; empty: not a checkout.
std::string_view build_commit() noexcept;

}  // namespace tenure::apps
