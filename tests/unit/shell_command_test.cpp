#include "runtime/shell_command.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <fstream>
#include <string>

namespace {

using namespace tenure;
using namespace std::chrono_literals;
using runtime::run_shell;

/// Whether a process that was killed has ended. An orphan may stay for init to reap.
bool has_ended(const std::string& pid) {
  const std::string file = "/proc/" + std::to_string(std::atoi(pid.c_str())) + "/stat";
  for (int look = 0; look < 500; ++look) {
    std::ifstream status(file);
    std::string words;
    std::getline(status, words);
    if (words.empty() || words.find(") Z ") != std::string::npos) return true;
    ::poll(nullptr, 0, 10);
  }
  return false;
}

}  // namespace

TEST_CASE("a command's output is read, and its failure told apart") {
  CHECK(run_shell("echo a; echo b", 10s).output == "a\nb\n");
  CHECK(run_shell("echo a", 10s).failure.empty());
  CHECK(run_shell("echo a; exit 3", 10s).failure == "it exited with status 3");
  CHECK(run_shell("kill -9 $$", 10s).failure == "it was killed by signal 9");
  CHECK(run_shell("no-such-program 2>/dev/null", 10s).failure == "it exited with status 127");
}

TEST_CASE("a command inherits no ignored signal") {
  const auto before = ::signal(SIGUSR1, SIG_IGN);
  const auto hang_up = ::signal(SIGHUP, SIG_IGN);
  const std::string ignored = run_shell("grep SigIgn /proc/self/status", 10s).output;
  ::signal(SIGUSR1, before);
  ::signal(SIGHUP, hang_up);
  const std::string hex = ignored.substr(ignored.find('\t') + 1);
  REQUIRE(hex.size() == 17);
  // posix_spawn() of the C library ignores the two signals that are its own.
  constexpr unsigned long long of_library = 0x180000000;
  CHECK((std::stoull(hex, nullptr, 16) & ~of_library) == 0);
}

TEST_CASE("a command that prints too much is killed at once") {
  const auto began = boot_clock::now();  // lint: allow clock because real processes take the time
  for (const char* command : {"head -c 300000 /dev/zero", "yes", "setsid -f yes; sleep 1000"}) {
    const runtime::shell_result flood = run_shell(command, 60s);
    CHECK(flood.failure == "it prints more than 65536 bytes");
    CHECK(flood.output.size() >= 64 * 1024);
    CHECK(flood.output.size() < 80 * 1024);
  }
  CHECK(run_shell("head -c 65536 /dev/zero", 10s).failure.empty());
  const auto took = boot_clock::now() - began;  // lint: allow clock because it is the real time
  CHECK(took < 20s);
}

TEST_CASE("a process that a command leaves behind and that writes without end holds up nothing") {
  const auto began = boot_clock::now();  // lint: allow clock because real processes take the time
  // They may write too much before the command has ended. That is a failure, but no wait.
  run_shell("yes & echo token", 60s);
  run_shell("setsid -f yes; echo token", 60s);
  const auto slow = run_shell("echo token; while sleep 0.01; do echo more; done &", 60s);
  CHECK(slow.failure.empty());
  CHECK(slow.output.starts_with("token\n"));
  const auto took = boot_clock::now() - began;  // lint: allow clock because it is the real time
  CHECK(took < 20s);
}

TEST_CASE("a command's status is known where SIGCHLD is ignored") {
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  struct sigaction before {};
  REQUIRE(::sigaction(SIGCHLD, &ignore, &before) == 0);
  const auto good = run_shell("echo \"to'ken $0\"; sleep 1000 & echo $!", 10s);
  const auto bad = run_shell("echo a; exit 3", 10s);
  const auto late = run_shell("sleep 1000", 1s);
  const auto flood = run_shell("yes", 10s);
  const auto descriptors = run_shell("cd /proc/self/fd && echo *", 10s);
  ::sigaction(SIGCHLD, &before, nullptr);
  CHECK(good.failure.empty());
  CHECK(good.output.starts_with("to'ken "));
  CHECK(has_ended(good.output.substr(good.output.find('\n') + 1)));
  CHECK(bad.output == "a\n");
  CHECK(bad.failure == "it exited with status 3");
  CHECK(late.failure == "it ran for longer than 1s and was killed");
  CHECK(flood.failure == "it prints more than 65536 bytes");
  CHECK(descriptors.output.starts_with("0 1 2"));
}

TEST_CASE("a command inherits three descriptors, no blocked signals, and reads nothing") {
  const int inherited = ::open("/dev/null", O_RDONLY);  // without O_CLOEXEC
  REQUIRE(inherited > 2);
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  sigset_t before;
  ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
  const std::string descriptors = run_shell("cd /proc/self/fd && echo *", 10s).output;
  const std::string mask = run_shell("grep SigBlk /proc/self/status", 10s).output;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ::close(inherited);
  CHECK(descriptors.starts_with("0 1 2"));
  CHECK(descriptors.find(std::to_string(inherited) + " ") == std::string::npos);
  CHECK(mask.find("0000000000000000") != std::string::npos);
  CHECK(run_shell("cat", 10s).output.empty());
}

TEST_CASE("a command that takes too long is killed, with what it started") {
  const auto began = boot_clock::now();  // lint: allow clock because a real process takes the time
  const runtime::shell_result result = run_shell("sleep 1000 & echo $!; sleep 1000", 1s);
  CHECK(result.failure == "it ran for longer than 1s and was killed");
  const auto took = boot_clock::now() - began;  // lint: allow clock because it is the real time
  CHECK(took < 10s);
  CHECK(has_ended(result.output));
}

TEST_CASE("a command ends with the process that runs it, which may be killed") {
  int ends[2] = {-1, -1};
  REQUIRE(::pipe(ends) == 0);
  const std::string tell = "exec 1>/proc/" + std::to_string(::getpid()) + "/fd/" +
                           std::to_string(ends[1]) + "; sleep 1000 & echo $$ $!; wait";
  for (const auto handling : {SIG_DFL, SIG_IGN}) {
    const pid_t runner = ::fork();
    REQUIRE(runner >= 0);
    if (runner == 0) {
      ::signal(SIGCHLD, handling);
      run_shell(tell, 60s);
      ::_exit(0);
    }
    char pids[64] = {};
    REQUIRE(::read(ends[0], pids, sizeof pids - 1) > 0);
    ::kill(runner, SIGKILL);
    REQUIRE(::waitpid(runner, nullptr, 0) == runner);
    const std::string both = pids;
    CHECK(has_ended(both));
    CHECK(has_ended(both.substr(both.find(' '))));
  }
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_CASE("a command that leaves a process behind ends with its own end") {
  const runtime::shell_result result = run_shell("sleep 1000 & echo $!", 60s);
  CHECK(result.failure.empty());
  CHECK(has_ended(result.output));
}

TEST_CASE("a stop ends a command") {
  std::stop_source stop;
  stop.request_stop();
  CHECK(run_shell("sleep 1000", 60s, stop.get_token()).failure == "it was stopped");
}
