#include "runtime/shell_command.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <tenure/toolkit/duration_text.hpp>

extern char** environ;

namespace tenure::runtime {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_output = 64 * 1024;
// How often the end of the command, the time limit and the request to stop are looked at.
constexpr int look_every_ms = 20;
// How long killed processes may take to end.
constexpr int looks_for_killed = 50;
// Each script first starts a process that kills the group, itself included, when this process has
// ended, however it did: the pipe at this descriptor then has no writer any more.
constexpr int life_descriptor = STDERR_FILENO + 1;
constexpr const char* plain_script =
    "(read -r gone <&3; kill -KILL 0) >/dev/null 2>&1 & exec /bin/sh -c \"$1\" 3<&-";
// Runs the command in a shell below, and writes its status to descriptor 4. The outer shell then
// stops, so that the id of its group stays taken until the group is killed.
constexpr int report_descriptor = life_descriptor + 1;
constexpr const char* reporting_script =
    "(read -r gone <&3; kill -KILL 0) >/dev/null 2>&1 4>&- & "
    "/bin/sh -c \"$1\" 3<&- 4>&-; echo \"$?\" >&4; kill -STOP \"$$\"";

std::string error_text(const char* what, int error) {
  return std::string(what) + ": " + std::strerror(error);
}

class pipe_ends {
 public:
  pipe_ends() noexcept {
    if (::pipe2(ends_.data(), O_CLOEXEC) != 0) ends_ = {-1, -1};
    for (int& end : ends_) end = moved(end);
    if (ends_[1] < 0) close_reader();
  }
  pipe_ends(const pipe_ends&) = delete;
  pipe_ends& operator=(const pipe_ends&) = delete;
  ~pipe_ends() {
    close_reader();
    close_writer();
  }
  bool open() const noexcept { return ends_[0] >= 0; }
  int reader() const noexcept { return ends_[0]; }
  int writer() const noexcept { return ends_[1]; }
  void close_writer() noexcept {
    if (ends_[1] >= 0) ::close(ends_[1]);
    ends_[1] = -1;
  }

 private:
  // Above the numbers that a script uses: in the child one end must not take the place of another.
  static int moved(int end) noexcept {
    if (end < 0 || end > report_descriptor) return end;
    const int above = ::fcntl(end, F_DUPFD_CLOEXEC, report_descriptor + 1);
    ::close(end);
    return above;
  }
  void close_reader() noexcept {
    if (ends_[0] >= 0) ::close(ends_[0]);
    ends_[0] = -1;
  }

  std::array<int, 2> ends_{-1, -1};
};

/// How the child is set up: its own process group, no blocked signals, three descriptors, and those
/// of its script: one that shows whether this process lives, and one to report the status.
class spawn_setup {
 public:
  spawn_setup(int output, int life, std::optional<int> report) : reports_(report.has_value()) {
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawn_file_actions_init(&actions_);
    sigset_t none;
    sigset_t all;  // this process may ignore some
    sigemptyset(&none);
    sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                                 POSIX_SPAWN_SETSIGDEF);
    ::posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, life, life_descriptor);
    if (report) ::posix_spawn_file_actions_adddup2(&actions_, *report, report_descriptor);
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, life_descriptor + (report ? 2 : 1));
  }
  spawn_setup(const spawn_setup&) = delete;
  spawn_setup& operator=(const spawn_setup&) = delete;
  ~spawn_setup() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  int start(const std::string& command, pid_t& pid) const {
    std::string shell = "sh";
    std::string option = "-c";
    std::string text = command;
    std::string script = reports_ ? reporting_script : plain_script;
    char* const words[] = {shell.data(), option.data(), script.data(), shell.data(),
                           text.data(), nullptr};
    return ::posix_spawn(&pid, "/bin/sh", &actions_, &attributes_, words, environ);
  }

 private:
  const bool reports_;
  posix_spawnattr_t attributes_{};
  posix_spawn_file_actions_t actions_{};
};

// Whether the child has ended. It is not reaped, so that the id of its group stays taken.
bool has_ended(pid_t pid) noexcept {
  siginfo_t info{};
  const int got = ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT);
  return got != 0 || info.si_pid == pid;
}

// Whether the kernel reaps the children of this process, and forgets their status.
bool status_is_lost() noexcept {
  struct sigaction now {};
  if (::sigaction(SIGCHLD, nullptr, &now) != 0) return false;
  return now.sa_handler == SIG_IGN || (now.sa_flags & SA_NOCLDWAIT) != 0;
}

bool readable(int fd) noexcept {
  pollfd readable{fd, POLLIN, 0};
  return ::poll(&readable, 1, 0) > 0;
}

// Reads what comes within the time. False without anything to read.
bool read_some(int fd, int milliseconds, std::string& output, bool& at_end) {
  pollfd readable{fd, POLLIN, 0};
  if (::poll(&readable, 1, milliseconds) <= 0) return false;
  std::array<char, 4096> part;
  const ssize_t got = ::read(fd, part.data(), part.size());
  if (got < 0 && errno == EINTR) return false;
  at_end = got <= 0;
  if (!at_end) output.append(part.data(), static_cast<std::size_t>(got));
  return !at_end;
}

std::string failure_of_exit(int status) {
  if (status == 0) return "";
  return "it exited with status " + std::to_string(status);
}

std::string failure_of(int status) {
  if (WIFSIGNALED(status))
    return "it was killed by signal " + std::to_string(WTERMSIG(status));
  return failure_of_exit(WEXITSTATUS(status));
}

// Kills the processes of the command's group that still run, and reaps the command and the orphans
// in its group that became children of this process.
std::string end_group(pid_t pid) {
  siginfo_t info{};
  const bool ours = ::waitid(P_PID, static_cast<id_t>(pid), &info,
                             WEXITED | WNOHANG | WNOWAIT) == 0;
  if (!ours) return "its exit status was lost";  // another thread reaped it, its id may be reused
  ::kill(-pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
  pid_t orphan = 0;
  for (int looks = 0; looks < looks_for_killed && orphan >= 0; looks += orphan == 0 ? 1 : 0) {
    orphan = ::waitpid(-pid, nullptr, WNOHANG);
    if (orphan == 0) ::poll(nullptr, 0, look_every_ms);
  }
  return failure_of(status);
}

// As end_group(), for a shell that reports the status.
std::string end_reporting_group(pid_t pid, int report) {
  std::array<char, 16> text{};
  const bool reported = readable(report);
  const ssize_t got = reported ? ::read(report, text.data(), text.size() - 1) : 0;
  if (reported && got <= 0) return "its exit status was lost";  // the shell died: as above
  ::kill(-pid, SIGKILL);
  return failure_of_exit(std::atoi(text.data()));
}

}  // namespace

shell_result run_shell(const std::string& command, duration time_limit,
                       const std::stop_token& stop) {
  shell_result result;
  pipe_ends pipe;
  if (!pipe.open()) {
    result.failure = error_text("no pipe for its output", errno);
    return result;
  }
  const pipe_ends life;  // this process keeps its writer
  if (!life.open()) {
    result.failure = error_text("no pipe for its watcher", errno);
    return result;
  }
  std::optional<pipe_ends> report;
  if (status_is_lost()) report.emplace();
  if (report && !report->open()) {
    result.failure = error_text("no pipe for its status", errno);
    return result;
  }
  const auto report_to = report ? std::optional<int>(report->writer()) : std::nullopt;
  pid_t pid = -1;
  if (const int error = spawn_setup(pipe.writer(), life.reader(), report_to).start(command, pid);
      error != 0) {
    result.failure = error_text("/bin/sh cannot be started", error);
    return result;
  }
  pipe.close_writer();
  if (report) report->close_writer();
  const time_point give_up = boot_clock::now() + time_limit;
  bool at_end = false;
  // A process that the command left behind may hold the output open: the command's own end counts.
  bool ended = false;
  const auto in_limit = [&] { return result.output.size() <= most_output; };
  while (!ended && in_limit() && !stop.stop_requested() && boot_clock::now() < give_up) {
    if (at_end) {
      ::poll(nullptr, 0, look_every_ms);
    } else {
      read_some(pipe.reader(), look_every_ms, result.output, at_end);
    }
    ended = report ? readable(report->reader()) : has_ended(pid);
  }
  result.failure = report ? end_reporting_group(pid, report->reader()) : end_group(pid);
  // A process that left the group may still write, without end.
  while (!at_end && in_limit() && read_some(pipe.reader(), 0, result.output, at_end)) {}
  if (!in_limit()) {
    result.failure = "it prints more than " + std::to_string(most_output) + " bytes";
  } else if (!ended && stop.stop_requested()) {
    result.failure = "it was stopped";
  } else if (!ended) {
    result.failure =
        "it ran for longer than " + text::duration_text(time_limit) + " and was killed";
  }
  return result;
}

}  // namespace tenure::runtime
