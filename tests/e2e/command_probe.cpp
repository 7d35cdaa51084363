// Runs a command under a guardian with the deadlines of the command line, so that tests can watch a
// guardian without any election.
//
//   command_probe [--stop-in TIME] [--kill-in TIME] [--grace TIME] [--extend-by TIME] -- COMMAND...
//
// While the probe runs, the deadlines move by --extend-by every 50 ms. It forwards SIGUSR1 to the
// command, stops the command on SIGTERM, and kills it on SIGINT. It prints "guardian PID",
// "started PID" and how the command ended, and exits with the command's exit code.
#include <boost/asio.hpp>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <tenure/spdlog_sink.hpp>

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

asio::awaitable<void> run(probe_options o, command::command_host& host, int& code) {
  auto executor = co_await asio::this_coro::executor;
  asio::signal_set set(executor, SIGUSR1, SIGTERM, SIGINT);
  command::invocation what;
  what.argv = o.argv;
  what.inherit_environment();
  what.grace = o.grace;
  const time_point begin = boot_clock::now();
  command::lease_times lease(begin + o.stop_in, begin + o.kill_in);
  auto c = host.start(what, lease);
  for (const pid_t child : command::children_of(::getpid())) std::printf("guardian %d\n", child);
  std::fflush(stdout);
  asio::co_spawn(executor, forward_signals(c, set), asio::detached);
  command::lease_timer pause(executor);
  bool start_printed = false;
  while (!c->is_gone()) {
    if (c->pid() != 0 && !start_printed) {
      std::printf("started %d\n", c->pid());
      std::fflush(stdout);
      start_printed = true;
    }
    lease.stop_at += o.extend_by;
    lease.kill_at += o.extend_by;
    if (o.extend_by != duration(0)) c->set_lease(lease);
    pause.expires_after(start_printed ? 50ms : 1ms);
    co_await pause.async_wait(asio::use_awaitable);
  }
  const command::outcome ended = co_await c->gone();
  std::printf("%s\n", ended.text().c_str());
  std::fflush(stdout);
  code = ended.exit_code();
  set.cancel();
}

}  // namespace

int main(int argc, char** argv) {
  command::run_guardian_if_requested(argc, argv);
  asio::io_context io{1};
  command::process_host host(io.get_executor(), stderr_log(log_level::info));
  int code = 255;
  asio::co_spawn(io, run(parse(argc, argv), host, code), asio::detached);
  io.run();
  return code;
}
