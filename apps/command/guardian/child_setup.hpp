// How a guardian and its command are set up between fork and exec: initializers that Boost.Process
// does not have. They do only what is safe in a forked child.
#pragma once

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <boost/asio/detail/throw_error.hpp>  // Boost.Process 1.81 forgets it
#include <boost/process/v2/environment.hpp>
#include <boost/process/v2/process.hpp>
#include <boost/process/v2/start_dir.hpp>
#include <boost/process/v2/stdio.hpp>
#include <cerrno>
#include <cstdlib>

namespace tenure::command {

namespace bp = boost::process::v2;

inline boost::system::error_code last_error() noexcept {
  return boost::system::error_code(errno, boost::system::system_category());
}

/// Leaves the child only the descriptors 0, 1 and 2 of its parent, and no blocked signals.
inline boost::system::error_code clean_child() noexcept {
  // Boost.Process 1.81 closes nothing. Descriptors are marked, not closed: the launcher still
  // reports a failed exec over one of them.
  if (::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) != 0) return last_error();
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  return {};
}

/// For the guardian: a new session, so that no signal to the runner's group or terminal reaches it,
/// and the two descriptors that it inherits.
class in_own_session {
 public:
  in_own_session(int control, int page) : control_(control), page_(page) {}

  template <class Launcher>
  boost::system::error_code on_exec_setup(Launcher&, const bp::filesystem::path&,
                                          const char* const*) {
    if (::setsid() < 0) return last_error();
    if (const auto failed = clean_child()) return failed;
    if (::fcntl(control_, F_SETFD, 0) != 0 || ::fcntl(page_, F_SETFD, 0) != 0)
      return last_error();
    return {};
  }

 private:
  int control_;
  int page_;
};

/// For the command: a new process group, and SIGKILL when the guardian dies.
class in_own_group {
 public:
  explicit in_own_group(pid_t guardian) : guardian_(guardian) {}

  template <class Launcher>
  boost::system::error_code on_exec_setup(Launcher&, const bp::filesystem::path&,
                                          const char* const*) {
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return last_error();
    if (::getppid() != guardian_) ::_exit(EXIT_FAILURE);  // the guardian died before prctl
    if (::setpgid(0, 0) != 0) return last_error();
    return clean_child();
  }
  // Parent and child both set the group, so it exists whichever of them runs first.
  template <class Launcher>
  void on_success(Launcher& launcher, const bp::filesystem::path&, const char* const*) {
    ::setpgid(launcher.pid, launcher.pid);
  }

 private:
  pid_t guardian_;
};

}  // namespace tenure::command
