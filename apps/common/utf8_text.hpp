// Text that goes into Consul or into JSON has to be UTF-8. JSON cannot carry other bytes: they
// would arrive as U+FFFD, which makes another key, or another value.
#pragma once

#include <CLI/App.hpp>
#include <string>
#include <string_view>

namespace tenure::apps {

/// Throws usage_error if `text` is not UTF-8. `what` names it, and may quote it.
void require_utf8(const std::string& what, std::string_view text);

/// Throws usage_error if an option of `app`, or of the subcommand that was parsed, is not UTF-8.
/// Names of files and words of commands may have any bytes.
void require_utf8_options(const CLI::App& app);

}  // namespace tenure::apps
