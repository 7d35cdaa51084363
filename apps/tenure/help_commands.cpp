// tenure completion and tenure man: shell completion and man pages, made from the help. A package
// installs what they print.
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <tenure/version.hpp>

#include "common/help/completion.hpp"
#include "common/help/man_page.hpp"
#include "common/options.hpp"
#include "common/output.hpp"
#include "tenure/subcommand.hpp"

namespace tenure::apps {
namespace {

struct man_options {
  std::string command;
  std::string folder;
};

void write_page(const std::filesystem::path& folder, const help_command& command,
                const help_command& program) {
  const std::filesystem::path file = folder / (man_page_name(command) + ".1");
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << man_page(command, program, std::string(version));
  out.close();
  if (!out) throw usage_error("cannot write '" + file.string() + "'");
}

int write_all_pages(const help_command& program, const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);  // a failure shows when a page is written
  write_page(folder, program, program);
  for (const help_command& command : program.commands) write_page(folder, command, program);
  return exit_ok;
}

int print_page(const CLI::App& app, const man_options& o) {
  help_command program = help_of(app);
  program.see_also.push_back("tenure-cron");
  if (!o.folder.empty()) return write_all_pages(program, o.folder);
  const help_command* shown = &program;
  for (const help_command& command : program.commands) {
    if (command.last_name() == o.command) shown = &command;
  }
  if (!o.command.empty() && shown == &program)
    throw usage_error("'" + o.command + "' is not a subcommand");
  print_text(man_page(*shown, program, std::string(version)));
  return exit_ok;
}

int print_completion(const CLI::App& app, const std::string& shell) {
  print_text(completion(help_of(app), shell));
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
  man->add_option("COMMAND", o->command, "the subcommand (default: tenure itself)");
  man->add_option("--all", o->folder, "write all pages to this folder")->type_name("PATH");
  man->footer("  tenure man run | man -l -");
  man->callback([&app, o, &chosen] { chosen = [&app, o] { return print_page(app, *o); }; });
}

}  // namespace tenure::apps
