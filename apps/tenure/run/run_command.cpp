// tenure run: the command line.
#include <boost/asio/co_spawn.hpp>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <memory>
#include <utility>

#include "command/find_program.hpp"
#include "common/argument_checks.hpp"
#include "common/candidacy_errors.hpp"
#include "common/log/line_writer.hpp"
#include "common/options.hpp"
#include "tenure/run/runner.hpp"
#include "tenure/subcommand.hpp"

namespace tenure::apps {
namespace {

constexpr const char* more_help =
    R"(The command runs under a guardian process that knows when the lease ends. Before
that the guardian sends SIGTERM to the command's whole process group, and SIGKILL
after the grace, also if tenure itself is killed or suspended. The command must stay
in the foreground: when it ends, tenure stops every process that it left running,
and then releases the lock.

The command's environment contains TENURE_KEY, TENURE_FENCE, TENURE_SESSION and
CONSUL_LOCK_HELD=true. TENURE_FENCE is a fencing token, a number that grows from
leader to leader: the command should pass it to every system that it writes to.
CONSUL_HTTP_TOKEN, CONSUL_HTTP_TOKEN_FILE, CONSUL_HTTP_AUTH, CONSUL_CLIENT_KEY and
the tokens of TENURE_ variables stay with tenure, unless --pass-env names them.

tenure forwards the first SIGINT or SIGTERM to the command and waits for the
command's end, as long as it leads; a second one kills the command. It also forwards
HUP, QUIT, USR1, USR2 and WINCH.

With --group the plan of the group decides which member leads. When it wants another one
the command gets SIGTERM, and SIGKILL after the grace; then the key is handed over. Use
--respawn with it: tenure then waits until this member leads again, and ends otherwise.
All members of such a group should run the same KEY.

Exit codes: the command's own; 128 + N if signal N ended it; 127 if there is no such
program, 126 if it cannot be executed;
  64  bad usage
  69  Consul did not answer within ten seconds at the start (or the time of --try), or
      refuses a request; tenure waits through later outages
  70  leadership was lost or handed over, and the command was stopped
  71  this host lacks a resource, such as descriptors
  75  not elected in time
  128 + N: signal N came before the command started

  tenure run service/backup/leader -- ./backup.sh
  tenure run --try=5s service/nightly/lock -- ./nightly.sh  # unless another runs it
  tenure run --respawn --group service/db --weight 200 service/db/leader -- ./primary.sh
  tenure run --respawn --value "$(hostname):5432" service/db/leader -- ./primary.sh)";

struct arguments {
  common_options common;
  std::string key;
  std::string value;
  std::optional<duration> span;
  std::optional<duration> ttl;
  std::optional<duration> liveness;
  std::optional<duration> lock_delay;
  std::optional<duration> grace;
  group_options group;
  std::string try_for;  // a flag with an optional value: an option would swallow the KEY
  bool respawn = false;
  std::vector<std::string> pass_env;
  std::vector<std::string> argv;
};

// CLI11 does not know the words after "--".
class run_formatter : public CLI::Formatter {
 public:
  std::string make_usage(const CLI::App*, std::string) const override {
    return "Usage: tenure run [OPTIONS] KEY -- COMMAND [ARG...]\n";
  }
};

std::optional<duration> parse_try(const std::string& text) {
  if (text.empty()) return std::nullopt;
  try {
    const duration d = parse_duration(text);
    if (d == duration(0)) throw usage_error("0 leaves no time to be elected: use 1s or more");
    return d;
  } catch (const usage_error& e) {
    throw usage_error(std::string("--try: ") + e.what());
  }
}

run_options options_from(const arguments& a) {
  if (a.argv.empty())
    throw usage_error("the command is missing: tenure run KEY -- COMMAND [ARG...]");
  run_options o(a.common.consul());
  o.key = a.key;
  o.profile = candidacy(a.value.empty() ? host_and_pid() : a.value);
  if (a.span) o.profile.span(*a.span);
  if (a.ttl) o.profile.ttl(*a.ttl);
  if (a.lock_delay) o.profile.lock_delay(*a.lock_delay);
  if (a.grace) o.profile.stop_budget(*a.grace);
  check_candidacy(o.profile);
  o.group = a.group.membership_with(o.profile, host_name());
  o.liveness = a.liveness;
  o.argv = a.argv;
  o.pass_env = a.pass_env;
  o.try_for = parse_try(a.try_for);
  o.respawn = a.respawn;
  o.log = a.common.log();
  return o;
}

int run(const arguments& a) {
  run_options o = options_from(a);
  // Report a missing program now, not when the election is won.
  int problem = 0;
  command::find_program(o.argv.front(), problem);
  if (problem != 0) {
    const command::outcome failed(command::outcome::kind::not_started, problem);
    const std::string& name = o.argv.front();
    print_error("tenure run: %s %s\n", name.empty() ? "''" : name.c_str(), failed.text().c_str());
    return failed.exit_code();
  }
  boost::asio::io_context io{1};
  runner r(io, std::move(o));
  std::exception_ptr unexpected;
  boost::asio::co_spawn(io, r.run(), [&](std::exception_ptr why) { unexpected = why; });
  io.run();
  if (unexpected) std::rethrow_exception(unexpected);
  return r.exit_code();
}

}  // namespace

void add_run_command(CLI::App& app, action& chosen, const std::vector<std::string>& command) {
  auto a = std::make_shared<arguments>();
  a->argv = command;
  CLI::App* run_app = app.add_subcommand("run", "Run a command only while leading");
  run_app->formatter(std::make_shared<run_formatter>());
  run_app->add_option("KEY", a->key, "the key of the election")->required();
  run_app->add_option("--value", a->value, "the value to publish while leading (default: host:pid)")
      ->envname("TENURE_VALUE");
  add_duration(*run_app, "--span", a->span,
               "how long the lease lasts after the last confirmation by Consul, and how long a "
               "successor waits after a crash (default: 15s)", "TENURE_SPAN");
  add_duration(*run_app, "--ttl", a->ttl,
               "TTL of the session, 10s to 24h: Consul detects a crash within twice the TTL "
               "(default: 15s)",
               "TENURE_TTL");
  add_liveness(*run_app, a->liveness);
  add_duration(*run_app, "--lock-delay", a->lock_delay,
               "Consul's lock-delay, for contenders other than tenure (default: the span)",
               "TENURE_LOCK_DELAY");
  add_duration(*run_app, "--grace", a->grace,
               "the time from SIGTERM to SIGKILL (default: 5s, at most a third of the span)",
               "TENURE_GRACE");
  run_app->add_option("--pass-env", a->pass_env,
                      "a secret variable that the command gets, such as CONSUL_HTTP_TOKEN; may be "
                      "given repeatedly")
      ->check(check_variable_name)
      ->type_name("NAME")
      ->allow_extra_args(false);
  run_app->add_flag("--try{30s}", a->try_for,
                    "give up if not elected within this time: --try=5s; 30s without a value; "
                    "with --respawn for the first election only")
      ->envname("TENURE_TRY");
  run_app->add_flag("--respawn", a->respawn,
                    "campaign again after the command ended or leadership was lost; after a "
                    "command that ends early, or a second early loss, after 1 to 30 s");
  a->group.add_to(*run_app);
  a->common.add_to(*run_app, "warn");
  run_app->footer(more_help);
  run_app->callback([a, &chosen] { chosen = [a] { return run(*a); }; });
}

}  // namespace tenure::apps
