// The subcommands of tenure-cron.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <string>

#include "tenure-cron/jobs_file/jobs_file.hpp"

namespace tenure::cron {

/// What to do after the command line is parsed; returns the exit code. The subcommand that the user
/// named sets it.
using action = std::function<int()>;

/// Adds all of them, before the command line is parsed. Without a subcommand `chosen` stays empty.
void add_commands(CLI::App& app, action& chosen);

// Each adds its subcommand.
void add_check_command(CLI::App& app, action& chosen);
void add_next_command(CLI::App& app, action& chosen);
void add_list_command(CLI::App& app, action& chosen);
void add_history_command(CLI::App& app, action& chosen);
void add_run_command(CLI::App& app, action& chosen);
void add_pause_command(CLI::App& app, action& chosen);
void add_resume_command(CLI::App& app, action& chosen);

/// The positional JOB. Parsing refuses a text that no job can have as its name.
CLI::Option* add_job_name(CLI::App& command, std::string& job, const std::string& help);

/// `word` is the first one of the command line. Throws usage_error if it is no file and is like the
/// name of a subcommand, but none.
void refuse_misspelt_subcommand(const CLI::App& app, const std::string& word);

/// Reads a file; its mistakes go to standard error. With mistakes the file is unusable: its
/// `errors` are not empty. Throws usage_error.
jobs_file load_jobs(const std::string& path);
/// The same for a file that has been read: a pipe can be read only once.
jobs_file load_jobs_text(const std::string& path, const std::string& text);

}  // namespace tenure::cron
