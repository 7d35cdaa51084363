// The help of a program and of its subcommands as data: shell completion and man pages are made
// from it.
#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

namespace tenure::apps {

struct help_option {
  std::vector<std::string> names;  ///< "--http-addr"; "KEY" for a positional
  std::string value;               ///< the placeholder of its value, "ADDR"; empty: a flag
  std::string about;
  bool positional = false;
};

struct help_command {
  std::string name;  ///< "tenure", "tenure run"
  std::string about;
  std::string more;  ///< the text after the options
  std::string usage;
  std::vector<help_option> options;
  std::vector<help_command> commands;
  std::vector<std::string> see_also;  ///< other programs
  bool one_page = false;  ///< it works without a subcommand, and all of them are on its page

  std::string last_name() const { return name.substr(name.rfind(' ') + 1); }
};

help_command help_of(const CLI::App& app);

/// The first line of `text`, without its line break.
std::string first_line(const std::string& text);

}  // namespace tenure::apps
