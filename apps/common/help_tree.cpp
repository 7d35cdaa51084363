#include "common/help_tree.hpp"

#include <CLI/Error.hpp>
#include <algorithm>
#include <utility>

#include "common/duration.hpp"

namespace tenure::apps {
namespace {

help_option option_of(const CLI::Option& option) {
  help_option made;
  made.about = option.get_description();
  made.required = option.get_required();
  made.positional = option.get_positional();
  made.repeated = option.get_expected_max() > 1;
  if (made.positional) {
    made.names.push_back(option.get_name(true));
    return made;
  }
  for (const std::string& name : option.get_snames()) made.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) made.names.push_back("--" + name);
  if (option.get_items_expected_max() > 0) {
    made.value = option.get_type_name();
    if (made.value.empty() || made.value == "TEXT") made.value = "VALUE";
  }
  return made;
}

std::string usage_of(const CLI::App& app, const std::string& name) {
  const auto formatter = std::dynamic_pointer_cast<CLI::Formatter>(app.get_formatter());
  std::string usage = formatter ? formatter->make_usage(&app, name) : name;
  const auto is_space = [](char c) { return c == '\n' || c == ' '; };
  while (!usage.empty() && is_space(usage.back())) usage.pop_back();
  while (!usage.empty() && is_space(usage.front())) usage.erase(0, 1);
  if (usage.starts_with("Usage: ")) usage.erase(0, 7);
  return usage;
}

help_command help_below(const CLI::App& app, const std::string& before) {
  help_command made;
  made.name = before + app.get_name();
  made.about = app.get_description();
  made.more = app.get_footer();
  made.usage = usage_of(app, made.name);
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_group().empty()) made.options.push_back(option_of(*option));
  }
  for (const CLI::App* sub : app.get_subcommands(nullptr)) {
    if (!sub->get_group().empty()) made.commands.push_back(help_below(*sub, made.name + " "));
  }
  return made;
}

}  // namespace

help_command help_of(const CLI::App& app) { return help_below(app, ""); }

// What is thrown is printed, and the program ends with 0: as for --version.
void add_help_options(CLI::App& app, std::string see_also, std::string version) {
  const auto print = [](std::string text) {
    if (text.ends_with('\n')) text.pop_back();
    throw CLI::CallForVersion(text, 0);
  };
  const auto print_page = [&app, print, also = std::move(see_also), v = std::move(version)] {
    help_command program = help_of(app);
    program.see_also.push_back(also);
    print(man_page(program, program, v));
  };
  app.add_flag_callback("--man", print_page, "print the man page, and end");
  const auto print_script = [&app, print](const std::string& shell) {
    try {
      print(completion(help_of(app), shell));
    } catch (const usage_error& e) {
      throw CLI::ValidationError("--completion", e.what());
    }
  };
  app.add_option_function<std::string>(
         "--completion", print_script, "print the completion script of bash, zsh or fish, and end")
      ->type_name("SHELL");
}

}  // namespace tenure::apps
