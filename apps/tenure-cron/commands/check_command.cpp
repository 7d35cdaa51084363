// tenure-cron check: the mistakes of a jobs file, or when its jobs run next.
#include <chrono>
#include <cstdio>
#include <memory>

#include "common/log/line_writer.hpp"
#include "common/options.hpp"
#include "common/output.hpp"
#include "tenure-cron/commands/commands.hpp"
#include "tenure-cron/daemon/jobs_source.hpp"
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

bool check_file(const std::string& path, sys_seconds now) {
  const jobs_file file = load_jobs(path);
  if (!file.errors.empty()) return false;
  const std::size_t jobs = file.jobs.size();
  apps::print_line(path + ": " + std::to_string(jobs) + (jobs == 1 ? " job" : " jobs") +
                   " for the leader of " + file.election);
  for (const job_ptr& j : file.jobs) print_runs(*j, now);
  return true;
}

// A ledger belongs to one file: two of them would take each other's runs for their own.
bool check_ledgers(const std::vector<jobs_text>& files) {
  std::map<std::string, std::string> owners;
  bool good = true;
  for (const jobs_text& one : files) {
    if (!one.error.empty()) continue;
    const jobs_file file = parse_jobs(one.text);
    if (!file.errors.empty()) continue;
    const auto [other, added] = owners.emplace(file.ledger, one.path);
    if (added) continue;
    apps::print_error("%s:1:1: has the ledger of %s, %s: each file needs its own\n",
                 one.path.c_str(), other->second.c_str(), file.ledger.c_str());
    good = false;
  }
  return good;
}

int check(const std::string& path) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const jobs_source source(path);
  const std::vector<jobs_text> files = source.read();
  bool good = true;
  for (const jobs_text& one : files) {
    if (one.error.empty()) {
      good = check_file(one.path, now) && good;
    } else {
      apps::print_error("tenure-cron check: %s\n", one.error.c_str());
      good = false;
    }
  }
  good = check_ledgers(files) && good;
  return good ? apps::exit_ok : apps::exit_usage;
}

}  // namespace

void add_check_command(CLI::App& app, action& chosen) {
  auto path = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("check", "Print the mistakes of a file, or its next runs");
  command->add_option("FILE", *path, "the jobs file, or a folder of them")->required();
  command->footer(
      R"(Prints every mistake as FILE:LINE:COLUMN: TEXT on standard error. A file without
mistakes: the next five runs of each job, in the zone of the job. Needs no Consul.
Exit codes: 0; 64 for a file with mistakes.

  tenure-cron check jobs.yaml)");
  command->callback([path, &chosen] { chosen = [path] { return check(*path); }; });
}

}  // namespace tenure::cron
