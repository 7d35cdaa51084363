// tenure-cron check: the mistakes of a jobs file, or when its jobs run next.
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/log/line_writer.hpp"
#include "common/options.hpp"
#include "common/output.hpp"
#include "tenure-cron/commands/commands.hpp"
#include "tenure-cron/daemon/jobs_source.hpp"
#include "tenure-cron/jobs_file/shared_keys.hpp"
#include "tenure-cron/operating/next_runs.hpp"

namespace tenure::cron {
namespace {

constexpr std::size_t shown_runs = 5;

void print_runs(const job& j, sys_seconds now) {
  apps::print_line(j.name + ": " + j.when.text() + " (" + j.zone.name + ")");
  const std::vector<sys_seconds> runs = next_runs(j, now, shown_runs);
  if (runs.empty()) apps::print_line("  no more runs");
  for (const sys_seconds t : runs) apps::print_line("  " + readable_local_text(t, *j.zone.where));
}

class checked_file {
 public:
  checked_file(std::string p, jobs_file f) : path(std::move(p)), file(std::move(f)) {}

  std::string path;
  jobs_file file;
};

void print_file(const checked_file& one, sys_seconds now) {
  const std::size_t jobs = one.file.jobs.size();
  apps::print_line(one.path + ": " + std::to_string(jobs) + (jobs == 1 ? " job" : " jobs") +
                   " for the leader of " + one.file.election);
  for (const job_ptr& j : one.file.jobs) print_runs(*j, now);
}

// As a replica takes the files of its folder: one after the other.
bool is_apart(const checked_file& one, const std::vector<checked_file>& others) {
  for (const checked_file& other : others) {
    const std::string why = shared_keys(one.file, other.file, other.path);
    if (why.empty()) continue;
    apps::print_error("%s:1:1: %s\n", one.path.c_str(), why.c_str());
    return false;
  }
  return true;
}

int check(const std::string& path) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const jobs_source source(path);
  std::vector<checked_file> checked;
  bool good = true;
  for (const jobs_text& one : source.read()) {
    if (!one.error.empty()) {
      apps::print_error("tenure-cron check: %s\n", one.error.c_str());
      good = false;
      continue;
    }
    checked_file parsed(one.path, load_jobs_text(one.path, one.text));
    if (!parsed.file.errors.empty() || !is_apart(parsed, checked)) {
      good = false;
      continue;
    }
    print_file(parsed, now);
    checked.push_back(std::move(parsed));
  }
  return good ? apps::exit_ok : apps::exit_usage;
}

}  // namespace

void add_check_command(CLI::App& app, action& chosen) {
  auto path = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("check", "Print the mistakes of a file, or its next runs");
  command->add_option("FILE", *path, "the jobs file, or a folder of them")->required();
  command->footer(
      R"(Prints every mistake as FILE:LINE:COLUMN: TEXT on standard error. A file without
mistakes: the next five runs of each job, in the zone of the job. The files of a folder
are tenants of one replica: no two of them may share keys. Needs no Consul.
Exit codes: 0; 64 for a file with mistakes.

  tenure-cron check jobs.yaml)");
  command->callback([path, &chosen] { chosen = [path] { return check(*path); }; });
}

}  // namespace tenure::cron
