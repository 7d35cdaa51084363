// tenure-cron: runs jobs on a schedule, on one machine of many.
#include <boost/asio/co_spawn.hpp>
#include <boost/system/system_error.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string>
#include <utility>

#include "command/guardian/guardian.hpp"
#include "common/candidacy_errors.hpp"
#include "common/group_options.hpp"
#include "common/help/help_options.hpp"
#include "common/options.hpp"
#include "tenure-cron/cron_daemon.hpp"

namespace {

using namespace tenure;
using namespace std::chrono_literals;

constexpr const char* about =
    R"(Runs the jobs of a file on a schedule, on the leader only. Start it with the same
file on every machine that may run the jobs.)";

constexpr const char* more_help =
    R"(The file is YAML:

  election: service/nightly/leader   # the key in Consul; the leader runs the jobs
  jobs:
    - name: backup
      schedule: "30 2 * * mon-fri"   # minute hour day month weekday; or @hourly,
                                     # @daily, @weekly, @monthly, @yearly,
                                     # @every 90s
      command: ./backup.sh | logger  # a string is run by the shell
      timeout: 1h                    # the job is stopped after that
    - name: probe
      schedule: "@every 10s"
      command: [./probe, --fast]     # a list is a program and its arguments
      env: {TARGET: db-1}

A schedule has five fields, or six with the second first: *, 5, 1-5, 22-2, 1,3, */10,
names; H is a number that follows from the name of the job. Days also are L, L-3, 15W,
LW, fri#2, 5L and ?. `at: 2026-12-01T03:00` in place of a schedule is a single run.
`splay: 30s` delays each run by up to 30 s. Times are local: timezone: of the job, of
the file, the variables CRON_TZ and TZ, or the machine's zone. A job that still runs
is not started again. The output of jobs goes to standard output as `[name] line`.
The environment of a job contains TENURE_JOB, TENURE_TICK (the scheduled time, RFC
3339), TENURE_KEY and TENURE_FENCE (a number that grows from leader to leader). Before
the lease ends, all jobs get SIGTERM and then SIGKILL, whatever happens to tenure-cron
itself. SIGTERM to tenure-cron stops the jobs, releases the key and exits with 0.

With --group the plan of the group decides which member leads. When it wants another
one, the key is handed over as soon as no job runs; a drained member stops its jobs. All
members of such a group should have the same file.

While Consul is out of reach, or the token lacks a right, no jobs run and tenure-cron
keeps trying; one line says which right is missing. Exit codes: 0; 64 for a bad file
(every mistake is listed) or bad usage; 69 if Consul refuses a request for another
reason.)";

struct arguments {
  apps::common_options common;
  std::string file;
  std::string value;
  std::optional<duration> span;
  std::optional<duration> ttl;
  std::optional<duration> liveness;
  std::optional<duration> grace;
  apps::group_options group;
  bool check = false;
};

// Prints the errors of the file. Returns no file if it has any.
std::optional<cron::jobs_file> load(const std::string& name) {
  cron::jobs_file file = cron::parse_jobs(apps::read_file(name));
  for (const apps::config_error& e : file.errors)
    std::fprintf(stderr, "%s:%d: %s\n", name.c_str(), e.line, e.text.c_str());
  if (!file.errors.empty()) return std::nullopt;
  return file;
}

cron::daemon_options options_from(const arguments& a) {
  candidacy profile(a.value.empty() ? apps::host_and_pid() : a.value);
  if (a.span) profile.span(*a.span);
  if (a.ttl) profile.ttl(*a.ttl);
  if (a.grace) profile.stop_budget(*a.grace);
  apps::check_candidacy(profile);
  const auto group = a.group.membership_with(profile, apps::host_name());
  cron::daemon_options options(a.common.consul(), std::move(profile));
  options.group = group;
  options.liveness = a.liveness;
  options.log = a.common.log();
  return options;
}

int run(const arguments& a) {
  const std::optional<cron::jobs_file> file = load(a.file);
  if (!file) return apps::exit_usage;
  if (a.check) {
    std::printf("%s: %zu jobs for the leader of %s\n", a.file.c_str(), file->jobs.size(),
                file->election.c_str());
    return apps::exit_ok;
  }
  cron::daemon_options options = options_from(a);
  const consul_config consul = options.consul;
  ::signal(SIGPIPE, SIG_IGN);  // the jobs go on if the reader of their output ends
  cron::stdout_writer output;
  boost::asio::io_context io{1};
  int code = apps::exit_ok;
  cron::cron_daemon daemon(io, std::move(options), *file, output);
  boost::asio::co_spawn(io, daemon.run(), [&](std::exception_ptr failure) {
    try {
      if (failure) std::rethrow_exception(failure);
    } catch (const tenure::bad_configuration& e) {
      std::fprintf(stderr, "tenure-cron: %s\n", e.what());
      code = apps::exit_usage;
    } catch (const boost::system::system_error& e) {
      std::fprintf(stderr, "tenure-cron: %s\n",
                   apps::consul_error_text(consul, e, "cron " + file->election).c_str());
      code = apps::exit_unavailable;
    }
  });
  io.run();
  if (!output.flush(2s)) std::_Exit(code);  // the reader is stuck: its output is lost
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  tenure::command::run_guardian_if_requested(argc, argv);
  CLI::App app(about, "tenure-cron");
  arguments a;
  app.set_version_flag("--version", "tenure-cron " TENURE_VERSION);
  app.add_option("FILE", a.file, "the jobs file")->required();
  app.add_flag("--check", a.check, "check the file, print its mistakes and exit");
  app.add_option("--value", a.value, "the value to publish while leading (default: host:pid)")
      ->envname("TENURE_VALUE");
  apps::add_duration(app, "--span", a.span,
                     "how long the lease lasts after the last confirmation by Consul, and how "
                     "long a successor waits after a crash (default: 15s)", "TENURE_SPAN");
  apps::add_duration(app, "--ttl", a.ttl,
                     "TTL of the session, 10s to 24h: Consul detects a crash within twice the "
                     "TTL (default: 15s)", "TENURE_TTL");
  apps::add_liveness(app, a.liveness);
  apps::add_duration(app, "--grace", a.grace,
                     "the time from SIGTERM to SIGKILL (default: 5s, at most a third of the span)",
                     "TENURE_GRACE");
  a.group.add_to(app);
  a.common.add_to(app, "info");
  apps::add_help_options(app, "tenure", TENURE_VERSION);
  app.footer(more_help);
  return apps::parse_and_run(app, argc, argv, [&] { return run(a); });
}
