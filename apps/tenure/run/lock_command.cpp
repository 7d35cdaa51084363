// tenure lock: the command line of consul lock.
#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include "common/candidacy_errors.hpp"
#include "common/options.hpp"
#include "tenure/run/go_values.hpp"
#include "tenure/run/runner.hpp"
#include "tenure/subcommand.hpp"

namespace tenure::apps {
namespace {

constexpr int exit_not_locked = 1;    // as in consul lock
constexpr int exit_child_failed = 2;  // with -child-exit-code
constexpr std::uint64_t most_number = 1'000'000;

constexpr const char* more_help =
    R"(A replacement for `consul lock` that contends with it: the same keys (PREFIX/.lock,
and with -n PREFIX/SESSION), the same options with one dash or two, CHILD run by
$SHELL -c (or /bin/sh -c) unless -shell=false, CONSUL_LOCK_HELD=true. The child gets
Consul's secrets, such as CONSUL_HTTP_TOKEN, which `tenure run` keeps to itself.

Differences from consul lock:
  - It exits with the child's own exit code, and with 70 if the lock was lost.
    -child-exit-code turns a failure of the child into 2.
  - If the lock is lost, the child and everything that it started are gone before
    another tenure holder starts, also if tenure itself is killed or suspended.
  - The key stays after a release, so TENURE_FENCE grows from holder to holder.
  - -monitor-retry and -stale have no effect: tenure waits through outages shorter
    than the span, and confirms a lock by consistent reads only.

With -n, a slot whose holder died is free after the span. `consul lock` takes it at
once, and Consul has no lock-delay for slots: if both tools contend, the child should
pass TENURE_FENCE to every system that it writes to.

Exit codes: the child's own (with -child-exit-code 2 for any failure);
  1   the lock was not acquired, or Consul is out of reach
  64  bad usage
  70  the lock was lost, and the child was stopped
  71  this host lacks a resource, such as descriptors

  tenure lock service/backup ./backup.sh --full
  tenure lock -n 3 -timeout 30s pool/render 'render $TENURE_FENCE')";

struct arguments {
  common_options common;
  std::string prefix;
  std::vector<std::string> child;
  bool child_exit_code = false;
  bool pass_stdin = false;
  bool shell = true;
  bool stale = false;
  bool verbose = false;
  std::uint64_t n = 1;
  std::string name;
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

run_options options_from(const arguments& a) {
  if (a.child.empty())
    throw usage_error("the prefix or the child is missing: tenure lock PREFIX CHILD...");
  run_options o(a.common.consul());
  std::string prefix = a.prefix.starts_with('/') ? a.prefix.substr(1) : a.prefix;
  while (prefix.ends_with('/')) prefix.pop_back();
  if (prefix.empty() || prefix.starts_with('/'))
    throw usage_error("the prefix '" + a.prefix + "' must begin with a name");
  o.key = a.n == 1 ? prefix + "/.lock" : prefix;
  o.slots = a.n == 1 ? 0 : a.n;
  o.profile = candidacy(host_and_pid());
  if (a.span) o.profile.span(*a.span);
  if (a.ttl) o.profile.ttl(*a.ttl);
  if (a.grace) o.profile.stop_budget(*a.grace);
  check_candidacy(o.profile);
  o.argv = command_of(a);
  // Scripts that run under `consul lock` may use them.
  o.pass_env = {"CONSUL_HTTP_TOKEN", "CONSUL_HTTP_TOKEN_FILE", "CONSUL_HTTP_AUTH",
                "CONSUL_CLIENT_KEY"};
  o.program = "tenure lock";
  const std::string line = joined(a.child);
  o.session_name = a.name.empty() ? "Consul lock for '" + line + "' at '" + prefix + "'" : a.name;
  const std::optional<duration> timeout = a.timeout ? a.timeout : a.try_for;
  if (timeout && *timeout > duration(0)) o.try_for = timeout;
  o.verbose = a.verbose;
  o.unreachable_exit_code = exit_not_locked;
  o.not_elected_exit_code = exit_not_locked;
  o.log = a.common.log();
  return o;
}

int lock(const arguments& a) {
  run_options o = options_from(a);
  const bool no_input = !a.pass_stdin;
  if (no_input) o.input = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int input = o.input;
  boost::asio::io_context io{1};
  runner r(io, std::move(o));
  std::exception_ptr unexpected;
  boost::asio::co_spawn(io, r.run(), [&](std::exception_ptr why) { unexpected = why; });
  io.run();
  if (no_input && input >= 0) ::close(input);
  if (unexpected) std::rethrow_exception(unexpected);
  const int code = r.exit_code();
  return a.child_exit_code && r.child_failed() ? exit_child_failed : code;
}

// The options of consul lock take what they take there. Throwing makes CLI11 name the option.

void add_number(CLI::App& app, const char* name, std::uint64_t least,
                const std::function<void(std::uint64_t)>& set, const char* help) {
  const std::string first(std::string_view(name).substr(0, std::string_view(name).find(',')));
  const auto read = [=](const std::string& text) {
    const std::optional<std::uint64_t> number = parse_go_number(text);
    if (!number || *number < least || *number > most_number)
      throw CLI::ValidationError(first, "'" + text + "' is not a whole number from " +
                                           std::to_string(least) + " to " +
                                           std::to_string(most_number));
    set(*number);
  };
  app.add_option_function<std::string>(name, read, help)->type_name("N");
}

void add_time(CLI::App& app, const char* name, std::optional<duration>& value, const char* help) {
  const auto read = [name, &value](const std::string& text) {
    try {
      value = parse_go_duration(text);
    } catch (const usage_error& e) {
      throw CLI::ValidationError(name, e.what());
    }
  };
  app.add_option_function<std::string>(name, read, help)->type_name("TIME");
}

void add_consul_options(CLI::App& app, arguments& a) {
  app.add_flag("--child-exit-code", a.child_exit_code, "exit with 2 if the child failed");
  add_number(app, "--monitor-retry", 0, [](std::uint64_t) {},
             "accepted for consul lock compatibility; no effect");
  add_number(app, "-n,--n", 1, [&a](std::uint64_t n) { a.n = n; },
             "the number of holders; the same for all contenders (default: 1)");
  app.add_option("--name", a.name, "the session's name")->type_name("NAME");
  app.add_flag("--pass-stdin", a.pass_stdin, "pass standard input to the child");
  app.add_flag("--shell,!--no-shell", a.shell, "run the child with a shell (the default)");
  add_time(app, "--timeout", a.timeout,
           "give up if not acquired within this time (default: 0, never)");
  add_time(app, "--try", a.try_for, "an older name of --timeout");
  app.add_flag("--verbose", a.verbose, "print each step on standard error");
  app.add_flag("--stale", a.stale, "accepted for consul lock compatibility; no effect")
      ->group("Consul");
}

}  // namespace

void add_lock_command(CLI::App& app, action& chosen, const std::vector<std::string>& command) {
  auto a = std::make_shared<arguments>();
  a->child = command;
  CLI::App* lock_app = app.add_subcommand("lock", "Run a command while holding a lock");
  lock_app->formatter(std::make_shared<lock_formatter>());
  lock_app->add_option("PREFIX", a->prefix, "the lock is PREFIX/.lock");
  add_consul_options(*lock_app, *a);
  add_duration(*lock_app, "--span", a->span, "as for tenure run (default: 15s)", "TENURE_SPAN");
  add_duration(*lock_app, "--ttl", a->ttl, "as for tenure run (default: 15s)", "TENURE_TTL");
  add_duration(*lock_app, "--grace", a->grace, "as for tenure run (default: 5s)", "TENURE_GRACE");
  a->common.add_to(*lock_app, "warn");
  lock_app->footer(more_help);
  lock_app->callback([a, &chosen] { chosen = [a] { return lock(*a); }; });
}

}  // namespace tenure::apps
