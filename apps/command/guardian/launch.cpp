// The child shares the memory of this process until it executes the program, as a child of vfork
// does: nothing is copied, and it reports a failure by writing to a variable. This process sleeps
// meanwhile, so that the child may do what this process may, within its own stack.
#include "command/guardian/launch.hpp"

#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <tenure/time.hpp>

#include "command/find_program.hpp"

namespace tenure::command {
namespace {

constexpr std::size_t stack_size = 256 * 1024;

enum class step { setup, nice, user, group, directory, program };

struct child {
  launch_plan& plan;
  pid_t guardian;
  step at = step::setup;
  int error = 0;
};

const char* search_path(const start_request& request) {
  for (const char* variable : request.environment) {
    if (variable != nullptr && std::string_view(variable).starts_with("PATH="))
      return variable + std::strlen("PATH=");
  }
  return "/usr/local/bin:/usr/bin:/bin";
}

bool move_streams(const launch_plan& plan) {
  for (int standard = 0; standard < 3; ++standard)
    if (::dup2(plan.streams[standard], standard) < 0) return false;
  return ::close_range(3, ~0U, 0) == 0;
}

bool become(const account& who, step& at) {
  at = step::user;
  if (who.sets_user && ::setgroups(who.groups.size(), who.groups.data()) != 0) return false;
  at = step::group;
  if (who.sets_group && ::setresgid(who.group, who.group, who.group) != 0) return false;
  at = step::user;
  return !who.sets_user || ::setresuid(who.user, who.user, who.user) == 0;
}

// Returns only if the program could not be started.
void execute(child& c, const std::string& program) {
  start_request& request = c.plan.request;
  // This process may have been suspended since its runner last looked at the lease.
  if (boot_clock::now() >= c.plan.slot.get().stop_at) {
    errno = ETIME;
    return;
  }
  ::execve(program.c_str(), request.argv.data(), request.environment.data());
  if (errno == ENOENT) {  // the file exists: the interpreter of the script does not
    errno = ENOEXEC;
    return;
  }
  if (errno != ENOEXEC) return;
  // A script that does not name its interpreter: run it by sh, as execvp does.
  std::string shell = "sh";
  std::string file = program;
  std::vector<char*> argv{shell.data(), file.data()};
  argv.insert(argv.end(), request.argv.begin() + 1, request.argv.end());
  ::execve("/bin/sh", argv.data(), request.environment.data());
  errno = ENOEXEC;
}

// glibc keeps two signals to itself: posix_spawn, by which the guardian was started, ignores them,
// and sigaction does not know them.
void restore_signals_of_libc() {
  struct {
    void (*handler)(int) = SIG_DFL;
    unsigned long flags = 0;
    void (*restorer)() = nullptr;
    std::uint64_t mask = 0;
  } const as_default;
  for (int number = SIGSYS + 1; number < SIGRTMIN; ++number)
    ::syscall(SYS_rt_sigaction, number, &as_default, nullptr, sizeof as_default.mask);
}

void fail(child& c) { c.error = errno != 0 ? errno : EINVAL; }

void set_up_and_execute(child& c) {
  const start_request& request = c.plan.request;
  if (::setpgid(0, 0) != 0 || !move_streams(c.plan)) return fail(c);
  if (request.header.umask >= 0) ::umask(static_cast<mode_t>(request.header.umask));
  c.at = step::nice;
  if (request.header.nice != start_header::no_nice &&
      ::setpriority(PRIO_PROCESS, 0, request.header.nice) != 0)
    return fail(c);
  if (!become(c.plan.who, c.at)) return fail(c);
  c.at = step::directory;
  if (*request.directory != '\0' && ::chdir(request.directory) != 0) return fail(c);
  c.at = step::setup;
  // Behind the change of the user, which clears it.
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return fail(c);
  if (::getppid() != c.guardian) ::_exit(EXIT_FAILURE);  // the guardian died before that
  c.at = step::program;
  const std::string program = find_program(request.argv[0], search_path(request), c.error);
  if (c.error != 0) return;
  restore_signals_of_libc();
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  execute(c, program);
  fail(c);
}

int run_child(void* argument) {
  set_up_and_execute(*static_cast<child*>(argument));
  ::_exit(EXIT_FAILURE);
}

std::string reason(int error) {
  switch (error) {
    case EPERM:
    case EACCES:
      return "not permitted";
    case ENOENT:
      return "does not exist";
    case ENOTDIR:
      return "is not a folder";
    default:
      return std::strerror(error);
  }
}

std::string problem_of(const child& c) {
  const start_request& request = c.plan.request;
  switch (c.at) {
    case step::nice:
      return "nice " + std::to_string(request.header.nice) + ": " + reason(c.error);
    case step::user:
      return "user '" + std::string(request.user) + "': " + reason(c.error);
    case step::group:
      return *request.group != '\0' ? "group '" + std::string(request.group) + "': " +
                                          reason(c.error)
                                    : "user '" + std::string(request.user) + "': " +
                                          reason(c.error);
    case step::directory: {
      const std::string folder = "directory '" + std::string(request.directory) + "'";
      return folder + (c.error == ENOENT || c.error == ENOTDIR ? " " : ": ") + reason(c.error);
    }
    case step::setup:
    case step::program:
      break;
  }
  return {};
}

}  // namespace

launch_result launch(launch_plan& plan) {
  launch_result result;
  void* const stack = ::mmap(nullptr, stack_size, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (stack == MAP_FAILED) {
    result.error = errno;
    return result;
  }
  child c{plan, ::getpid()};
  const pid_t pid = ::clone(&run_child, static_cast<char*>(stack) + stack_size,
                            CLONE_VM | CLONE_VFORK | SIGCHLD, &c);
  const int failed = errno;
  ::munmap(stack, stack_size);
  if (pid > 0 && c.error == 0) {
    result.pid = pid;
    return result;
  }
  result.error = pid > 0 ? c.error : failed;
  if (pid > 0) {
    ::waitpid(pid, nullptr, 0);
    result.problem = problem_of(c);
  }
  return result;
}

}  // namespace tenure::command
