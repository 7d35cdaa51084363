// An option that no program has, and the one that was probably meant.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace tenure::apps {

/// A sentence about the first word of the command line that looks like an option and is none; empty
/// if there is no such word. The line was parsed, with or without success.
std::string unknown_option(const CLI::App& app);

}  // namespace tenure::apps
