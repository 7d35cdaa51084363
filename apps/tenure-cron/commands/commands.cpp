#include "tenure-cron/commands/commands.hpp"

#include "common/log/line_writer.hpp"
#include "common/options.hpp"

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

jobs_file load_jobs(const std::string& path) {
  return load_jobs_text(path, apps::read_file(path));
}

jobs_file load_jobs_text(const std::string& path, const std::string& text) {
  jobs_file file = parse_jobs(text);
  for (const apps::config_error& e : file.errors)
    apps::print_error("%s\n", apps::located(path, e).c_str());
  return file;
}

}  // namespace tenure::cron
