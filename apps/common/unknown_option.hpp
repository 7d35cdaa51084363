// Words of the command line that no program takes: an option, with the one that was probably meant,
// or others.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace tenure::apps {

/// A sentence about the first word of the command line that looks like an option and is none; empty
/// if there is no such word. The line was parsed, with or without success.
std::string unknown_option(const CLI::App& app);

/// A sentence about the words that are left over, in their order; empty if there are none.
std::string unexpected_words(const CLI::App& app);

}  // namespace tenure::apps
