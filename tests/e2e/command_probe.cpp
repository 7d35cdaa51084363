// Runs a command under a guardian with deadlines given by hand, so that the tests can see what a
// guardian does without any election.
//
//   command_probe [--stop-in TIME] [--kill-in TIME] [--grace TIME] [--extend-by TIME] -- COMMAND...
//
// The deadlines grow by --extend-by every 50 ms while the probe is alive and not stopped. SIGUSR1
// makes it send SIGUSR1 to the command, SIGTERM lets it stop the command, SIGINT kill it. Prints
// "guardian PID", "started PID" and how the command ended, and exits with the command's code.
#include <boost/asio.hpp>
#include <cstdio>
#include <cstring>
#include <iostream>

#include "command/descendants.hpp"
#include "command/guardian.hpp"
#include "command/supervised_command.hpp"
#include "common/duration.hpp"

namespace asio = boost::asio;
using namespace tenure;
using namespace std::chrono_literals;

namespace {

class probe_options {
 public:
  duration stop_in = 1h;
  duration kill_in = 1h;
  duration grace = 5s;
  duration extend_by{0};
  std::vector<std::string> argv;
};

probe_options parse(int argc, char** argv) {
  probe_options o;
  int i = 1;
  for (; i + 1 < argc && std::strcmp(argv[i], "--") != 0; i += 2) {
    const std::string name = argv[i];
    const duration d = apps::parse_duration(argv[i + 1]);
    if (name == "--stop-in") o.stop_in = d;
    if (name == "--kill-in") o.kill_in = d;
    if (name == "--grace") o.grace = d;
    if (name == "--extend-by") o.extend_by = d;
  }
  o.argv.assign(argv + i + 1, argv + argc);
  return o;
}

asio::awaitable<void> signals(std::shared_ptr<command::supervised_command> c,
                              asio::signal_set& set) {
  for (;;) {
    const auto [error, number] = co_await set.async_wait(asio::as_tuple(asio::use_awaitable));
    if (error) co_return;
    if (number == SIGUSR1) c->signal(SIGUSR1);
    if (number == SIGTERM) c->stop();
    if (number == SIGINT) c->kill();
  }
}

asio::awaitable<void> run(probe_options o, command::command_host& host, int& code) {
  auto executor = co_await asio::this_coro::executor;
  asio::signal_set set(executor, SIGUSR1, SIGTERM, SIGINT);
  command::invocation what;
  what.argv = o.argv;
  for (char** e = environ; *e != nullptr; ++e) what.environment.emplace_back(*e);
  what.grace = o.grace;
  const time_point begin = boot_clock::now();
  command::lease_times lease(begin + o.stop_in, begin + o.kill_in);
  auto c = host.start(what, lease);
  for (const pid_t child : command::children_of(::getpid())) std::printf("guardian %d\n", child);
  std::fflush(stdout);
  asio::co_spawn(executor, signals(c, set), asio::detached);
  command::lease_timer pause(executor);
  bool said = false;
  while (!c->is_gone()) {
    if (c->pid() != 0 && !said) {
      std::printf("started %d\n", c->pid());
      std::fflush(stdout);
      said = true;
    }
    lease.stop_at += o.extend_by;
    lease.kill_at += o.extend_by;
    if (o.extend_by != duration(0)) c->set_lease(lease);
    pause.expires_after(said ? 50ms : 1ms);
    co_await pause.async_wait(asio::use_awaitable);
  }
  const command::outcome how = co_await c->gone();
  std::printf("%s\n", how.text().c_str());
  std::fflush(stdout);
  code = how.exit_code();
  set.cancel();
}

}  // namespace

int main(int argc, char** argv) {
  command::become_guardian_if_told(argc, argv);
  asio::io_context io{1};
  command::process_host host(io.get_executor(), stderr_log(log_level::info));
  int code = 255;
  asio::co_spawn(io, run(parse(argc, argv), host, code), asio::detached);
  io.run();
  return code;
}
