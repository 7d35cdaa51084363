// Runs code in a process for itself, which may abort.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <functional>
#include <string>

namespace tenure::test {

class ended {
 public:
  int signal = 0;
  std::string text;  ///< on standard error
};

/// Runs `what` in a process for itself.
inline ended in_child(const std::function<void()>& what) {
  int ends[2] = {-1, -1};
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::dup2(ends[1], 2);
    std::signal(SIGABRT, SIG_DFL);
    what();
    ::_exit(0);
  }
  ::close(ends[1]);
  ended how;
  char block[512];
  for (ssize_t got = ::read(ends[0], block, sizeof block); got > 0;
       got = ::read(ends[0], block, sizeof block)) {
    how.text.append(block, static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  how.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  return how;
}

}  // namespace tenure::test
