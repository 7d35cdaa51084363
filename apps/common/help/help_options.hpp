// --man and --completion.
#pragma once

#include <CLI/App.hpp>
#include <string>

namespace tenure::apps {

/// Adds the two options to a program that works without a subcommand: those that it has are on its
/// page. `see_also`: the program that its man page refers to.
void add_help_options(CLI::App& app, std::string see_also, std::string version);

}  // namespace tenure::apps
