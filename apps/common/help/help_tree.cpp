#include "common/help/help_tree.hpp"

#include <CLI/Formatter.hpp>
#include <memory>

namespace tenure::apps {
namespace {

help_option option_of(const CLI::Option& option) {
  help_option made;
  made.about = option.get_description();
  made.positional = option.get_positional();
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

help_command help_below(const CLI::App& app, const std::string& parents) {
  help_command made;
  made.name = parents + app.get_name();
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

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace tenure::apps
