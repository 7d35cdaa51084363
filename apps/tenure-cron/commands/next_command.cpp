// tenure-cron next: when the jobs of a file run next.
#include <algorithm>
#include <chrono>
#include <memory>
#include <tenure/toolkit/json_writer.hpp>

#include "common/argument_checks.hpp"
#include "common/near_word.hpp"
#include "common/options.hpp"
#include "common/output.hpp"
#include "common/text_table.hpp"
#include "tenure-cron/commands/commands.hpp"
#include "tenure-cron/operating/next_runs.hpp"
#include "tenure-cron/running/run_request.hpp"

namespace tenure::cron {
namespace {

struct next_options {
  std::string path;
  std::string job;
  std::size_t count = 5;
  bool json = false;
};

class planned_run {
 public:
  planned_run(sys_seconds t, job_ptr j) : tick(t), what(std::move(j)) {}

  sys_seconds tick;
  job_ptr what;
};

std::vector<job_ptr> chosen_jobs(const jobs_file& file, const next_options& o) {
  if (o.job.empty()) return file.jobs;
  if (job_ptr found = file.find(o.job)) return {std::move(found)};
  std::vector<const char*> names;
  for (const job_ptr& j : file.jobs) names.push_back(j->name.c_str());
  const std::string meant = apps::nearest_word(o.job, names);
  throw apps::usage_error("'" + o.job + "' is no job of " + o.path +
                          (meant.empty() ? "" : ": did you mean '" + meant + "'?"));
}

std::string json_of(const planned_run& run) {
  text::json_writer w;
  w.begin_object();
  w.key("job").value(run.what->name);
  w.key("tick").value(std::int64_t(run.tick.time_since_epoch().count()));
  w.key("time").value(rfc3339(run.tick));
  w.key("local").value(local_text(run.tick, *run.what->zone.where));
  w.key("zone").value(run.what->zone.name);
  w.end_object();
  return w.take();
}

int print_next(const next_options& o) {
  const jobs_file file = load_jobs(o.path);
  if (!file.errors.empty()) return apps::exit_usage;
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  std::vector<planned_run> runs;
  for (const job_ptr& j : chosen_jobs(file, o)) {
    for (const sys_seconds t : next_runs(*j, now, o.count)) runs.emplace_back(t, j);
  }
  std::ranges::stable_sort(runs, {}, &planned_run::tick);
  std::vector<apps::table_row> rows;
  for (const planned_run& run : runs) {
    if (o.json) {
      apps::print_line(json_of(run));
    } else {
      rows.push_back({readable_local_text(run.tick, *run.what->zone.where), run.what->name});
    }
  }
  for (const std::string& line : apps::aligned(rows)) apps::print_line(line);
  return apps::exit_ok;
}

}  // namespace

void add_next_command(CLI::App& app, action& chosen) {
  auto o = std::make_shared<next_options>();
  CLI::App* command = app.add_subcommand("next", "Print when the jobs of a file run next");
  command->add_option("FILE", o->path, "the jobs file")->required();
  add_job_name(*command, o->job, "only this job");
  command->add_option("--count", o->count, "how many runs of each job")
      ->type_name("N")
      ->check(apps::whole_number(1, 10'000))
      ->capture_default_str();
  command->add_flag("--json", o->json, "print a line of JSON for each run");
  command->footer(
      R"(Prints the runs of all jobs, the soonest first, each in the zone of its job and without
its splay. Needs no Consul. A line of JSON has job, tick (seconds since 1970), time
(UTC), local and zone. Exit codes: 0; 64 for a file with mistakes or an unknown job.

  tenure-cron next jobs.yaml backup --count 10)");
  command->callback([o, &chosen] { chosen = [o] { return print_next(*o); }; });
}

}  // namespace tenure::cron
