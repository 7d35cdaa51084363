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
#include <cstring>

extern char** environ;

namespace tenure::runtime {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_output = 64 * 1024;
// How often the end of the command, the time limit and the request to stop are looked at.
constexpr int look_every_ms = 20;

std::string error_text(const char* what, int error) {
  return std::string(what) + ": " + std::strerror(error);
}

class pipe_ends {
 public:
  pipe_ends() noexcept {
    if (::pipe2(ends_.data(), O_CLOEXEC) != 0) ends_ = {-1, -1};
  }
  pipe_ends(const pipe_ends&) = delete;
  pipe_ends& operator=(const pipe_ends&) = delete;
  ~pipe_ends() {
    if (ends_[0] >= 0) ::close(ends_[0]);
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
  std::array<int, 2> ends_{-1, -1};
};

/// How the child is set up: its own process group, no blocked signals, three descriptors.
class spawn_setup {
 public:
  explicit spawn_setup(int output) {
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawn_file_actions_init(&actions_);
    sigset_t none;
    sigset_t broken_pipe;  // this process may ignore it, a shell command should not
    sigemptyset(&none);
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &broken_pipe);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                                 POSIX_SPAWN_SETSIGDEF);
    ::posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
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
    char* const words[] = {shell.data(), option.data(), text.data(), nullptr};
    return ::posix_spawn(&pid, "/bin/sh", &actions_, &attributes_, words, environ);
  }

 private:
  posix_spawnattr_t attributes_{};
  posix_spawn_file_actions_t actions_{};
};

// Whether the child has ended. It is not reaped, so that the id of its group stays taken.
bool has_ended(pid_t pid) noexcept {
  siginfo_t info{};
  const int got = ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT);
  return got != 0 || info.si_pid == pid;
}

// Reads what comes within the time. False without anything to read.
bool read_some(int fd, int milliseconds, std::string& output, bool& at_end) {
  pollfd readable{fd, POLLIN, 0};
  if (::poll(&readable, 1, milliseconds) <= 0) return false;
  std::array<char, 4096> part;
  const ssize_t got = ::read(fd, part.data(), part.size());
  if (got < 0 && errno == EINTR) return false;
  at_end = got <= 0;
  if (!at_end && output.size() < most_output)
    output.append(part.data(), static_cast<std::size_t>(got));
  return !at_end;
}

std::string failure_of(int status) {
  if (WIFSIGNALED(status))
    return "it was killed by signal " + std::to_string(WTERMSIG(status));
  if (WEXITSTATUS(status) == 0) return "";
  return "it exited with status " + std::to_string(WEXITSTATUS(status));
}

// Kills what is left of the command's group, and reaps the command and the orphans in its group
// that became children of this process.
std::string end_group(pid_t pid) {
  siginfo_t info{};
  const bool ours = ::waitid(P_PID, static_cast<id_t>(pid), &info,
                             WEXITED | WNOHANG | WNOWAIT) == 0;
  if (!ours) return "its exit status was lost";  // another thread reaped it, its id may be reused
  ::kill(-pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
  while (::waitpid(-pid, nullptr, WNOHANG) > 0) {}
  return failure_of(status);
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
  pid_t pid = -1;
  if (const int error = spawn_setup(pipe.writer()).start(command, pid); error != 0) {
    result.failure = error_text("/bin/sh cannot be started", error);
    return result;
  }
  pipe.close_writer();
  const time_point give_up = boot_clock::now() + time_limit;
  bool at_end = false;
  // A process that the command left behind may hold the output open: the command's own end counts.
  bool ended = false;
  while (!ended && !stop.stop_requested() && boot_clock::now() < give_up) {
    if (at_end) {
      ::poll(nullptr, 0, look_every_ms);
    } else {
      read_some(pipe.reader(), look_every_ms, result.output, at_end);
    }
    ended = has_ended(pid);
  }
  while (!at_end && read_some(pipe.reader(), 0, result.output, at_end)) {}
  result.failure = end_group(pid);
  if (!ended && stop.stop_requested()) {
    result.failure = "it was stopped";
  } else if (!ended) {
    result.failure = "it ran for longer than " +
                     std::to_string(time_limit / std::chrono::seconds(1)) + " s and was killed";
  }
  return result;
}

}  // namespace tenure::runtime
