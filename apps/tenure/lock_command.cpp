// The command line of tenure lock, which is that of consul lock.
#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>

#include "common/options.hpp"
#include "tenure/runner.hpp"
#include "tenure/subcommand.hpp"

namespace tenure::apps {
namespace {

constexpr int exit_not_locked = 1;    // as consul lock has it
constexpr int exit_child_failed = 2;  // with -child-exit-code

constexpr const char* more_help =
    R"(Takes the place of `consul lock`, and contends with it: the same keys (PREFIX/.lock,
and with -n PREFIX/SESSION), the same options with one dash or two, the same line
in $SHELL -c (or /bin/sh) unless -shell=false, CONSUL_LOCK_HELD=true.

What it does better:
  - it exits with the child's own code, and with 70 where the lock was lost;
    -child-exit-code makes that 2 for a child that failed
  - when the lock is lost the child is ended before another holder starts, with all
    that it started, also when tenure itself is killed or stopped
  - the lock's key stays when it is released, so TENURE_FENCE grows from holder to
    holder
-monitor-retry and -stale are taken, and change nothing: outages shorter than the
span are waited out, and a lock is only ever proven by a consistent read.

With -n a slot whose holder died is taken after the span. `consul lock` takes it
at once, and Consul has no lock-delay for slots: where both contend, hand
TENURE_FENCE to what the child writes to.

Exit code: the child's own (2 for any failure with -child-exit-code);
  1   the lock was not acquired, or Consul cannot be reached
  64  usage
  70  the lock was lost, and the child was ended

  tenure lock service/backup ./backup.sh --full
  tenure lock -n 3 -timeout 30s pool/render 'render $TENURE_FENCE')";

class arguments {
 public:
  common_options common;
  std::string prefix;
  std::vector<std::string> child;
  bool child_exit_code = false;
  bool pass_stdin = false;
  bool shell = true;
  bool stale = false;
  bool verbose = false;
  unsigned monitor_retry = 3;
  std::size_t n = 1;
  std::string name;
  std::string datacenter;
  std::string tls[4];
  std::optional<duration> timeout;
  std::optional<duration> try_for;
  std::optional<duration> span;
  std::optional<duration> ttl;
  std::optional<duration> grace;
};

class lock_formatter : public CLI::Formatter {
 public:
  std::string make_usage(const CLI::App*, std::string) const override {
    return "Usage: tenure lock [OPTIONS] PREFIX CHILD...\n";
  }
};

std::string joined(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + word;
  return line;
}

std::vector<std::string> command_of(const arguments& a) {
  if (!a.shell) return a.child;
  const char* const shell = std::getenv("SHELL");
  return {shell != nullptr && *shell != '\0' ? shell : "/bin/sh", "-c", joined(a.child)};
}

run_options checked(const arguments& a) {
  if (a.child.empty())
    throw usage_error("the prefix or the child is missing: tenure lock PREFIX CHILD...");
  for (const std::string& given : a.tls) {
    if (!given.empty())
      throw usage_error("'" + given + "': TLS is not supported yet; leave the TLS options out");
  }
  run_options o(a.common.consul());
  o.consul.datacenter = a.datacenter;
  std::string prefix = a.prefix;
  while (prefix.ends_with('/')) prefix.pop_back();
  if (prefix.empty() || prefix.starts_with('/'))
    throw usage_error("the prefix '" + a.prefix + "' has to begin with a name, not with a slash");
  if (a.n == 0) throw usage_error("-n 0: a lock has 1 holder or more");
  o.key = a.n == 1 ? prefix + "/.lock" : prefix;
  o.slots = a.n == 1 ? 0 : a.n;
  o.how = candidacy(default_value());
  if (a.span) o.how.span(*a.span);
  if (a.ttl) o.how.ttl(*a.ttl);
  if (a.grace) o.how.stop_budget(*a.grace);
  o.how.check();
  o.argv = command_of(a);
  o.program = "tenure lock";
  const std::string line = joined(a.child);
  o.session_name = a.name.empty() ? "Consul lock for '" + line + "' at '" + prefix + "'" : a.name;
  const std::optional<duration> patience = a.timeout ? a.timeout : a.try_for;
  if (patience && *patience > duration(0)) o.try_for = patience;
  o.verbose = a.verbose;
  o.exit_unreachable = exit_not_locked;
  o.exit_not_won = exit_not_locked;
  o.log = a.common.log();
  return o;
}

int lock(const arguments& a) {
  run_options o = checked(a);
  const bool own_input = !a.pass_stdin;
  if (own_input) o.input = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int input = o.input;
  boost::asio::io_context io{1};
  runner r(io, std::move(o));
  boost::asio::co_spawn(io, r.run(), boost::asio::detached);
  io.run();
  if (own_input && input >= 0) ::close(input);
  const int code = r.exit_code();
  return a.child_exit_code && r.child_failed() ? exit_child_failed : code;
}

void add_consul_options(CLI::App& app, arguments& a) {
  app.add_flag("--child-exit-code", a.child_exit_code, "exit with 2 where the child failed");
  app.add_option("--monitor-retry", a.monitor_retry, "taken for consul lock's sake")
      ->type_name("N");
  app.add_option("-n,--n", a.n, "how many holders there may be; all have to say the same")
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--name", a.name, "the session's name")->type_name("NAME");
  app.add_flag("--pass-stdin", a.pass_stdin, "hand standard input on to the child");
  app.add_flag("--shell,!--no-shell", a.shell, "run the child by a shell (the default)");
  add_duration(app, "--timeout", a.timeout, "give up when not acquired within this time; 0: never",
               nullptr);
  add_duration(app, "--try", a.try_for, "the same, by its older name", nullptr);
  app.add_flag("--verbose", a.verbose, "tell each step on standard error");
  app.add_flag("--stale", a.stale, "taken for consul lock's sake")->group("Consul");
  app.add_option("--datacenter", a.datacenter, "the datacenter to ask")->group("Consul");
  const char* const tls[] = {"--ca-file", "--client-cert", "--client-key", "--tls-server-name"};
  for (std::size_t i = 0; i < std::size(tls); ++i)
    app.add_option(tls[i], a.tls[i], "refused: TLS is not supported yet")->group("Consul");
}

}  // namespace

void add_lock_command(CLI::App& app, action& chosen, const std::vector<std::string>& command) {
  auto a = std::make_shared<arguments>();
  a->child = command;
  CLI::App* lock_app = app.add_subcommand("lock", "Run a command while holding a lock");
  lock_app->formatter(std::make_shared<lock_formatter>());
  lock_app->add_option("PREFIX", a->prefix, "the lock is PREFIX/.lock");
  add_consul_options(*lock_app, *a);
  add_duration(*lock_app, "--span", a->span, "as of tenure run (default: 15s)", "TENURE_SPAN");
  add_duration(*lock_app, "--ttl", a->ttl, "as of tenure run (default: 15s)", "TENURE_TTL");
  add_duration(*lock_app, "--grace", a->grace, "as of tenure run (default: 5s)", "TENURE_GRACE");
  a->common.add_to(*lock_app, "warn");
  lock_app->footer(more_help);
  lock_app->callback([a, &chosen] { chosen = [a] { return lock(*a); }; });
}

}  // namespace tenure::apps
