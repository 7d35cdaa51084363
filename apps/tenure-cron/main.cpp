// tenure-cron: runs jobs on a schedule, on one machine of many.
#include <boost/asio/co_spawn.hpp>
#include <boost/system/system_error.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string>
#include <tenure/version.hpp>
#include <utility>
#include <vector>

#include "command/guardian/guardian.hpp"
#include "common/argument_checks.hpp"
#include "common/build_commit.hpp"
#include "common/candidacy_errors.hpp"
#include "common/group_options.hpp"
#include "common/help/help_options.hpp"
#include "common/log/json_log.hpp"
#include "common/log/line_writer.hpp"
#include "common/options.hpp"
#include "common/secret_arguments.hpp"
#include "common/service/service_manager.hpp"
#include "common/standard_streams.hpp"
#include "tenure-cron/commands/commands.hpp"
#include "tenure-cron/daemon/replica.hpp"
#include "tenure-cron/http/daemon_view.hpp"
#include "tenure-cron/http/http_arguments.hpp"
#include "tenure-cron/output/stdout_target.hpp"

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
is not started again. The output of jobs goes to standard output, each line with time,
job, tick and stream, as text or with --log-format json as JSON.
The environment of a job contains TENURE_JOB, TENURE_TICK (the scheduled time, RFC
3339), TENURE_KEY and TENURE_FENCE (a number that grows from leader to leader). Before
the lease ends, all jobs get SIGTERM and then SIGKILL, whatever happens to tenure-cron
itself. SIGTERM to tenure-cron stops the jobs, hands over and exits with 0; with --drain
5m it lets running jobs end within five minutes. A second signal kills them.

With --group each job has its election, and the jobs spread over the replicas:
`on: [gpu]` needs a replica with --label gpu, `run_on: all` is for every host. A job moves
to another replica between two of its runs. All replicas should have the same file; one
that differs is named in the log.

FILE may be a folder: each of its files *.yaml is a tenant, and a mistake in one does not
touch the others. SIGHUP, or a change of a file, makes the replica read it again: runs go
on, and a file with mistakes changes nothing.

While Consul is out of reach, or the token lacks a right, no jobs run and tenure-cron
keeps trying; one line says which right is missing. Exit codes: 0; 64 for a bad file
(every mistake is listed) or bad usage; 69 if Consul refuses a request for another
reason, or the address of --http is in use; 71 if this host lacks a resource.)";

struct arguments {
  apps::common_options common;
  std::string path;
  std::string value;
  std::optional<duration> span;
  std::optional<duration> ttl;
  std::optional<duration> liveness;
  std::optional<duration> grace;
  std::optional<duration> drain;
  std::vector<std::string> labels;
  apps::group_options group;
  std::string log_format = "text";
  cron::http_arguments http;
};

int print(const std::vector<std::string>& mistakes) {
  for (const std::string& line : mistakes) apps::print_error("%s\n", line.c_str());
  return mistakes.empty() ? apps::exit_ok : apps::exit_usage;
}

// A name that a member of a group may have.
bool is_member_name(const std::string& name) {
  return name.size() <= membership::most_name && name.find('/') == name.npos;
}

cron::daemon_options options_from(const arguments& a) {
  candidacy profile(a.value.empty() ? apps::host_and_pid() : a.value);
  if (a.span) profile.span(*a.span);
  if (a.ttl) profile.ttl(*a.ttl);
  if (a.grace) profile.stop_budget(*a.grace);
  apps::check_candidacy(profile);
  const std::string host = a.group.member().empty() ? apps::host_name() : a.group.member();
  const auto group = a.group.membership_with(profile, host);
  cron::daemon_options options(a.common.consul(), std::move(profile));
  options.member = host;
  options.replica = options.profile.value();
  if (group || !a.group.member().empty() || !is_member_name(options.replica))
    options.replica = host;
  apps::check_membership(membership(options.replica, options.profile));
  options.labels.insert(a.labels.begin(), a.labels.end());
  options.group = group;
  options.liveness = a.liveness;
  options.drain = a.drain.value_or(duration(0));
  const bool json = a.log_format == "json";
  options.log = json ? apps::json_log(a.common.level()) : a.common.log();
  options.format = json ? cron::output_format::json : cron::output_format::text;
  return options;
}

// The page shows the replica to its end.
boost::asio::awaitable<void> serve(cron::replica& replica, cron::cron_http* http) {
  std::exception_ptr failure;
  try {
    co_await replica.run();
  } catch (...) {
    failure = std::current_exception();
  }
  if (http != nullptr) co_await http->stop();
  if (failure) std::rethrow_exception(failure);
}

int run(const arguments& a) {
  if (a.path.empty()) throw apps::usage_error("FILE is required: the jobs file, or a subcommand");
  apps::service_manager manager;
  manager.connect();
  cron::jobs_source source(a.path);
  ::signal(SIGPIPE, SIG_IGN);  // the jobs go on if the reader of their output ends
  const auto output = std::make_shared<cron::stdout_target>();
  boost::asio::io_context io{1};
  const cron::http_options http_options = a.http.options();
  const auto library_metrics = std::make_shared<metrics_registry>();
  cron::daemon_options options = options_from(a);
  options.metrics = library_metrics;
  cron::replica_context context(io, std::move(options), output);
  cron::run_metrics runs;
  context.observer = &runs;
  context.manager = &manager;
  cron::replica replica(context, std::move(source));
  if (replica.tenants().empty()) return print(replica.first_mistakes());
  const cron::daemon_view view(replica, context.options.replica);
  std::optional<cron::cron_http> http;
  if (!http_options.address.empty())
    http.emplace(http_options, context.executor, *context.timers, view, runs, library_metrics,
                 context.options.log);
  int code = apps::exit_ok;
  cron::cron_http* const face = http ? &*http : nullptr;
  boost::asio::co_spawn(io, serve(replica, face), [&](std::exception_ptr failure) {
    io.stop();  // the clock waits for ever
    try {
      if (failure) std::rethrow_exception(failure);
    } catch (const boost::system::system_error& e) {
      const std::string text = apps::consul_error_text(context.options.consul, e, "cron KEY");
      apps::print_error("tenure-cron: %s\n", text.c_str());
      code = apps::exit_unavailable;
    }
  });
  io.run();
  if (!output->flush(2s)) {  // the reader is stuck: its output is lost
    apps::standard_error().flush();
    std::_Exit(code);
  }
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  tenure::apps::open_standard_streams();
  tenure::command::run_guardian_if_requested(argc, argv);
  const std::vector<std::string> line = apps::take_arguments(argc, argv);
  CLI::App app(about, "tenure-cron");
  arguments a;
  app.set_version_flag("--version", apps::version_line("tenure-cron"));
  app.add_option("FILE", a.path,
                 "the jobs file, or a folder: each of its files *.yaml is a tenant; ./check for "
                 "one that is named like a subcommand");
  cron::action chosen;
  cron::add_commands(app, chosen);
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
  apps::add_duration(app, "--drain", a.drain,
                     "how long running jobs may go on after SIGTERM, as long as Consul confirms "
                     "the lease (default: 0s, they are stopped at once)", "TENURE_DRAIN");
  a.group.allow_member_alone();
  a.group.add_to(app);
  app.add_option("--label", a.labels,
                 "a label of this host, gpu or zone=a: it runs the jobs with `on: [gpu]`; may be "
                 "given more than once")
      ->check(apps::check_label)
      ->type_name("LABEL")
      ->allow_extra_args(false);
  app.add_option("--log-format", a.log_format,
                 "of the log and of the jobs' output: text or json (default: text)")
      ->check(CLI::IsMember({"text", "json"}))
      ->type_name("FORMAT")
      ->envname("TENURE_LOG_FORMAT");
  a.http.add_to(app);
  a.common.add_to(app, "info");
  apps::add_help_options(app, "tenure", std::string(version));
  app.footer(more_help);
  const std::string first = line.size() > 1 ? line[1] : std::string();
  app.preparse_callback(
      [&app, first](std::size_t) { cron::refuse_misspelt_subcommand(app, first); });
  const std::vector<const char*> words = apps::pointers_to(line);
  return apps::parse_and_run(app, argc, words.data(), [&] { return chosen ? chosen() : run(a); });
}
