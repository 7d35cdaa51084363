// Runs a command under a guardian with the deadlines of the command line, so that tests can watch a
// guardian without any election.
//
//   command_probe [--stop-in TIME] [--kill-in TIME] [--grace TIME] [--extend-by TIME]
//                 [--timeout TIME] [--user NAME] [--group NAME] [--umask OCTAL] [--nice N]
//                 [--directory FOLDER] [--kill process|group|tree] [--times N] -- COMMAND...
//
// While the probe runs, the deadlines move by --extend-by every 50 ms. It forwards SIGUSR1 to the
// command, stops the command on SIGTERM, and kills it on SIGINT. It prints "zygote PID", "guardian
// PID", "started PID", "stopped CAUSE" if it was stopped, "left N" if it left processes, and how
// the command ended, and exits with the command's exit code. With --times the command runs N times,
// one run after the other.
#include <boost/asio.hpp>
#include <cstdio>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <tenure/spdlog_sink.hpp>
#include <vector>

#include "command/guardian/descendants.hpp"
#include "command/guardian/guardian.hpp"
#include "command/process_host.hpp"
#include "common/duration.hpp"

namespace asio = boost::asio;
using namespace tenure;
using namespace std::chrono_literals;

namespace {

struct probe_options {
  duration stop_in = 1h;
  duration kill_in = 1h;
  duration grace = 5s;
  duration extend_by{0};
  std::optional<duration> timeout;
  std::map<std::string, std::string> texts;
  int times = 1;
  std::vector<std::string> argv;

  std::string text(const std::string& name) const {
    const auto found = texts.find(name);
    return found == texts.end() ? std::string() : found->second;
  }
};

bool is_duration(const std::string& name) {
  return name == "--stop-in" || name == "--kill-in" || name == "--grace" ||
         name == "--extend-by" || name == "--timeout";
}

probe_options parse(int argc, char** argv) {
  probe_options o;
  int i = 1;
  for (; i + 1 < argc && std::strcmp(argv[i], "--") != 0; i += 2) {
    const std::string name = argv[i];
    o.texts[name] = argv[i + 1];
    if (name == "--times") o.times = std::stoi(argv[i + 1]);
    if (!is_duration(name)) continue;
    const duration d = apps::parse_duration(argv[i + 1]);
    if (name == "--timeout") o.timeout = d;
    if (name == "--stop-in") o.stop_in = d;
    if (name == "--kill-in") o.kill_in = d;
    if (name == "--grace") o.grace = d;
    if (name == "--extend-by") o.extend_by = d;
  }
  o.argv.assign(argv + i + 1, argv + argc);
  return o;
}

asio::awaitable<void> forward_signals(std::shared_ptr<command::supervised_command> c,
                              asio::signal_set& set) {
  for (;;) {
    const auto [error, number] = co_await set.async_wait(asio::as_tuple(asio::use_awaitable));
    if (error) co_return;
    if (number == SIGUSR1) c->signal(SIGUSR1);
    if (number == SIGTERM) c->stop();
    if (number == SIGINT) c->kill();
  }
}

command::invocation invocation_of(const probe_options& o) {
  command::invocation what;
  what.argv = o.argv;
  what.inherit_environment();
  what.grace = o.grace;
  what.user = o.text("--user");
  what.group = o.text("--group");
  what.directory = o.text("--directory");
  if (o.timeout) what.stop_by = boot_clock::now() + *o.timeout;
  if (const std::string mask = o.text("--umask"); !mask.empty())
    what.umask = static_cast<mode_t>(std::stoul(mask, nullptr, 8));
  if (const std::string nice = o.text("--nice"); !nice.empty()) what.nice = std::stoi(nice);
  const std::string scope = o.text("--kill");
  if (scope == "process") what.scope = command::kill_scope::process;
  if (scope == "group") what.scope = command::kill_scope::group;
  return what;
}

void print(const char* word, int pid) {
  std::printf("%s %d\n", word, pid);
  std::fflush(stdout);
}

asio::awaitable<void> run(probe_options o, command::command_host& host, int& code) {
  auto executor = co_await asio::this_coro::executor;
  asio::signal_set set(executor, SIGUSR1, SIGTERM, SIGINT);
  const time_point begin = boot_clock::now();
  command::lease_times lease(begin + o.stop_in, begin + o.kill_in);
  auto c = host.start(invocation_of(o), lease);
  for (const pid_t child : command::children_of(::getpid())) print("zygote", child);
  asio::co_spawn(executor, forward_signals(c, set), asio::detached);
  command::lease_timer pause(executor);
  bool start_printed = false;
  while (!c->is_gone()) {
    if (c->pid() != 0 && !start_printed) {
      for (const pid_t zygote : command::children_of(::getpid()))
        for (const pid_t guardian : command::children_of(zygote)) print("guardian", guardian);
      print("started", c->pid());
      start_printed = true;
    }
    lease.stop_at += o.extend_by;
    lease.kill_at += o.extend_by;
    if (o.extend_by != duration(0)) c->set_lease(lease);
    pause.expires_after(start_printed ? 50ms : 1ms);
    co_await pause.async_wait(asio::use_awaitable);
  }
  const command::outcome ended = co_await c->gone();
  if (ended.cause != command::stop_cause::none) std::printf("stopped %s\n", to_string(ended.cause));
  if (ended.left_behind > 0) print("left", ended.left_behind);
  std::printf("%s\n", ended.text().c_str());
  std::fflush(stdout);
  code = ended.exit_code();
  set.cancel();
}

asio::awaitable<void> run_all(probe_options o, command::command_host& host, int& code) {
  for (int i = 0; i < o.times; ++i) co_await run(o, host, code);
}

}  // namespace

int main(int argc, char** argv) {
  command::run_guardian_if_requested(argc, argv);
  asio::io_context io{1};
  command::process_host host(io.get_executor(), stderr_log(log_level::info));
  int code = 255;
  asio::co_spawn(io, run_all(parse(argc, argv), host, code), asio::detached);
  io.run();
  return code;
}
