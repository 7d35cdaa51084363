// tenure-cron: jobs on a schedule, on one machine of many.
#include <boost/asio/co_spawn.hpp>
#include <boost/system/system_error.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string>

#include "command/guardian.hpp"
#include "common/help_tree.hpp"
#include "common/options.hpp"
#include "tenure-cron/cron.hpp"

namespace {

using namespace tenure;
using namespace std::chrono_literals;

constexpr const char* about =
    R"(Runs the jobs of a file on a schedule, on one machine of many: only on the leader.
Start it with the same file wherever the jobs may run.)";

constexpr const char* more_help =
    R"(The file is YAML:

  election: service/nightly/leader   # the key in Consul; its leader runs the jobs
  jobs:
    - name: backup
      schedule: "30 2 * * mon-fri"   # minute hour day month weekday; or @hourly,
                                     # @daily, @weekly, @monthly, @yearly,
                                     # @every 90s
      command: ./backup.sh | logger  # a text is for the shell
      timeout: 1h                    # after that it is stopped
    - name: probe
      schedule: "@every 10s"
      command: [./probe, --fast]     # a list is a program and its arguments
      env: {TARGET: db-1}

Jobs run at local time (TZ). A job that still runs is not started again. What
jobs print goes to standard output as `[name] line`. In their environment they
find TENURE_JOB, TENURE_TICK (the scheduled time, RFC 3339), TENURE_KEY and
TENURE_FENCE (grows from leader to leader). When the lease is about to end they
get SIGTERM, and SIGKILL before it has ended, whatever happens to tenure-cron
itself. SIGTERM stops the jobs, resigns and exits with 0.

While Consul is out of reach no jobs run; it is asked again and again. Exit code:
0; 64 for a bad file (every mistake is listed) and bad usage; 69 where Consul
refuses us, as for a token.)";

class arguments {
 public:
  apps::common_options common;
  std::string file;
  std::string value;
  std::optional<duration> span;
  std::optional<duration> ttl;
  std::optional<duration> liveness;
  std::optional<duration> grace;
  bool check = false;
};

// The file, or nothing after its errors went to standard error.
std::optional<cron::jobs_file> load(const std::string& name) {
  cron::jobs_file file = cron::parse_jobs(apps::read_file(name));
  for (const apps::config_error& e : file.errors)
    std::fprintf(stderr, "%s:%d: %s\n", name.c_str(), e.line, e.text.c_str());
  if (!file.errors.empty()) return std::nullopt;
  return file;
}

int run(const arguments& a) {
  const std::optional<cron::jobs_file> file = load(a.file);
  if (!file) return apps::exit_usage;
  if (a.check) {
    std::printf("%s: %zu jobs for the leader of %s\n", a.file.c_str(), file->jobs.size(),
                file->election.c_str());
    return apps::exit_ok;
  }
  candidacy how(a.value.empty() ? apps::default_value() : a.value);
  if (a.span) how.span(*a.span);
  if (a.ttl) how.ttl(*a.ttl);
  if (a.grace) how.stop_budget(*a.grace);
  how.check();

  ::signal(SIGPIPE, SIG_IGN);  // who reads the jobs' output may go; the jobs go on
  cron::line_output output;
  boost::asio::io_context io{1};
  int code = apps::exit_ok;
  const consul_config consul = a.common.consul();
  cron::cron service(io, consul, how, *file, output, a.common.log(), a.liveness);
  boost::asio::co_spawn(io, service.run(), [&](std::exception_ptr failure) {
    try {
      if (failure) std::rethrow_exception(failure);
    } catch (const boost::system::system_error& e) {
      std::fprintf(stderr, "tenure-cron: %s (%s)\n", e.code().message().c_str(),
                   consul.address().c_str());
      code = apps::exit_unavailable;
    }
  });
  io.run();
  if (!output.flush(2s)) std::_Exit(code);  // nobody takes it
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  tenure::command::become_guardian_if_told(argc, argv);
  CLI::App app(about, "tenure-cron");
  arguments a;
  app.set_version_flag("--version", "tenure-cron " TENURE_VERSION);
  app.add_option("FILE", a.file, "the jobs file")->required();
  app.add_flag("--check", a.check, "read the file, tell what is wrong with it, and end");
  app.add_option("--value", a.value, "what to publish while leading (default: host:pid)")
      ->envname("TENURE_VALUE");
  apps::add_duration(app, "--span", a.span,
                     "how long a lease lasts without news from Consul, and how long a successor "
                     "waits after a crash (default: 15s)", "TENURE_SPAN");
  apps::add_duration(app, "--ttl", a.ttl,
                     "TTL of the session, 10s to 24h: a crash is seen within two of it "
                     "(default: 15s)", "TENURE_TTL");
  apps::add_liveness(app, a.liveness);
  apps::add_duration(app, "--grace", a.grace,
                     "from SIGTERM to SIGKILL (default: 5s, at most a third of the span)",
                     "TENURE_GRACE");
  a.common.add_to(app, "info");
  apps::add_help_options(app, "tenure", TENURE_VERSION);
  app.footer(more_help);
  return apps::parse_and_run(app, argc, argv, [&] { return run(a); });
}
