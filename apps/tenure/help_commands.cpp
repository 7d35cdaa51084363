// tenure completion and tenure man: what a packager installs, made from the help.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>

#include "common/help_tree.hpp"
#include "common/options.hpp"
#include "tenure/subcommand.hpp"

namespace tenure::apps {
namespace {

class man_options {
 public:
  std::string command;
  std::string folder;
};

std::string file_of(const std::string& command) {
  std::string name = command;
  std::ranges::replace(name, ' ', '-');
  for (const char* link : {"tenure-is-leader", "tenure-leader-set", "tenure-leader-get"}) {
    if (name == link) name.erase(0, 7);
  }
  return name + ".1";
}

void write(const std::filesystem::path& file, const std::string& text) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out) throw usage_error("cannot write '" + file.string() + "'");
}

int print_pages(const CLI::App& app, const man_options& o) {
  help_command tree = help_of(app);
  tree.see_also.push_back("tenure-cron");
  if (!o.folder.empty()) {
    const std::filesystem::path folder(o.folder);
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    write(folder / file_of(tree.name), man_page(tree, tree, TENURE_VERSION));
    for (const help_command& command : tree.commands)
      write(folder / file_of(command.name), man_page(command, tree, TENURE_VERSION));
    return exit_ok;
  }
  const help_command* shown = &tree;
  for (const help_command& command : tree.commands) {
    if (command.last_name() == o.command) shown = &command;
  }
  if (!o.command.empty() && shown == &tree)
    throw usage_error("'" + o.command + "' is not a subcommand");
  std::fputs(man_page(*shown, tree, TENURE_VERSION).c_str(), stdout);
  return exit_ok;
}

int print_completion(const CLI::App& app, const std::string& shell) {
  std::fputs(completion(help_of(app), shell).c_str(), stdout);
  return exit_ok;
}

}  // namespace

void add_help_commands(CLI::App& app, action& chosen) {
  auto shell = std::make_shared<std::string>();
  CLI::App* completion = app.add_subcommand("completion", "Print a shell's completion script");
  completion->add_option("SHELL", *shell, "bash, zsh or fish")->required();
  completion->footer("  source <(tenure completion bash)");
  completion->callback([&app, shell, &chosen] {
    chosen = [&app, shell] { return print_completion(app, *shell); };
  });

  auto o = std::make_shared<man_options>();
  CLI::App* man = app.add_subcommand("man", "Print a man page");
  man->add_option("COMMAND", o->command, "the subcommand; none: tenure itself");
  man->add_option("--all", o->folder, "write all pages into this folder")->type_name("PATH");
  man->footer("  tenure man run | man -l -");
  man->callback([&app, o, &chosen] { chosen = [&app, o] { return print_pages(app, *o); }; });
}

}  // namespace tenure::apps
