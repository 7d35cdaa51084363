// The help of a program and of its subcommands as data: what shell completion and the man pages are
// made of.
#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

namespace tenure::apps {

class help_option {
 public:
  std::vector<std::string> names;  ///< with their dashes, "--http-addr"; one without: positional
  std::string value;               ///< what it takes, "ADDR"; empty: nothing
  std::string about;
  bool positional = false;
  bool required = false;
  bool repeated = false;
};

class help_command {
 public:
  std::string name;  ///< "tenure", "tenure run"
  std::string about;
  std::string more;  ///< the footer
  std::string usage;
  std::vector<help_option> options;
  std::vector<help_command> commands;
  std::vector<std::string> see_also;  ///< other programs

  std::string last_name() const { return name.substr(name.rfind(' ') + 1); }
};

help_command help_of(const CLI::App& app);

/// The script of a shell, "bash", "zsh" or "fish". Throws usage_error for any other.
std::string completion(const help_command& tree, const std::string& shell);
/// One page of section 1, in roff.
std::string man_page(const help_command& command, const help_command& tree,
                     const std::string& version);

/// --man and --completion, for a program without subcommands.
void add_help_options(CLI::App& app, std::string see_also, std::string version);

}  // namespace tenure::apps
