#include "common/help/help_options.hpp"

#include <CLI/Error.hpp>
#include <utility>

#include "common/duration.hpp"
#include "common/help/completion.hpp"
#include "common/help/man_page.hpp"

namespace tenure::apps {

// As CLI11 does it for --version: the exception ends the parsing, and its text is printed with exit
// code 0.
void add_help_options(CLI::App& app, std::string see_also, std::string version) {
  const auto print = [](std::string text) {
    if (text.ends_with('\n')) text.pop_back();
    throw CLI::CallForVersion(text, 0);
  };
  const auto print_page = [&app, print, also = std::move(see_also), v = std::move(version)] {
    help_command program = help_of(app);
    program.see_also.push_back(also);
    program.one_page = true;
    print(man_page(program, program, v));
  };
  // Where they are read: an environment with mistakes does not matter to them.
  app.add_flag_callback("--man", print_page, "print the man page and exit")->trigger_on_parse();
  const auto print_script = [&app, print](const std::string& shell) {
    try {
      help_command program = help_of(app);
      program.one_page = true;
      print(completion(program, shell));
    } catch (const usage_error& e) {
      throw CLI::ValidationError("--completion", e.what());
    }
  };
  app.add_option_function<std::string>(
         "--completion", print_script, "print the completion script for bash, zsh or fish and exit")
      ->type_name("SHELL")
      ->trigger_on_parse();
}

}  // namespace tenure::apps
