#include "tenure-cron/commands/commands.hpp"

#include <filesystem>
#include <system_error>
#include <tenure/toolkit/utf8.hpp>
#include <vector>

#include "common/log/line_writer.hpp"
#include "common/near_word.hpp"
#include "common/options.hpp"
#include "tenure-cron/jobs_file/job_values.hpp"

namespace tenure::cron {

void add_commands(CLI::App& app, action& chosen) {
  app.require_subcommand(0, 1);
  add_check_command(app, chosen);
  add_next_command(app, chosen);
  add_list_command(app, chosen);
  add_history_command(app, chosen);
  add_run_command(app, chosen);
  add_pause_command(app, chosen);
  add_resume_command(app, chosen);
}

CLI::Option* add_job_name(CLI::App& command, std::string& job, const std::string& help) {
  return command.add_option("JOB", job, help)->check([](const std::string& text) {
    // Of bytes that are not UTF-8 require_utf8_options() speaks, as it does for every option.
    if (is_job_name(text) || !text::is_utf8(text)) return std::string();
    return "no job can have this name: names have at most " + std::to_string(longest_job_name) +
           " letters, digits, '-', '_' and '.'";
  });
}

void refuse_misspelt_subcommand(const CLI::App& app, const std::string& word) {
  const bool is_path = word.find('/') != word.npos;
  std::error_code unreadable;
  if (word.starts_with('-') || is_path || std::filesystem::exists(word, unreadable)) return;
  std::vector<const char*> names;
  for (const CLI::App* sub : app.get_subcommands(nullptr)) {
    if (sub->get_name() == word) return;
    names.push_back(sub->get_name().c_str());
  }
  const std::string meant = apps::nearest_word(word, names);
  if (meant.empty()) return;
  throw apps::usage_error("there is no subcommand '" + word +
                          "' and no file of that name: did you mean '" + meant + "'?");
}

jobs_file load_jobs(const std::string& path) {
  std::error_code unknown;
  if (std::filesystem::is_directory(path, unknown))
    throw apps::usage_error("'" + path + "' is a folder of tenants: name the file of one of them");
  return load_jobs_text(path, apps::read_file(path));
}

jobs_file load_jobs_text(const std::string& path, const std::string& text) {
  jobs_file file = parse_jobs(text);
  for (const apps::config_error& e : file.errors)
    apps::print_error("%s\n", apps::located(path, e).c_str());
  return file;
}

}  // namespace tenure::cron
