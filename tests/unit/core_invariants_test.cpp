// A process whose state is not what it must be aborts, and says of which key and in which state.
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <functional>
#include <string>

#include "core/candidate/candidate.hpp"

using namespace tenure;
using namespace tenure::core;
using namespace std::chrono_literals;

namespace {

class ended {
 public:
  int signal = 0;
  std::string text;  ///< on standard error
};

/// Runs `what` in a process for itself.
ended in_child(const std::function<void()>& what) {
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

}  // namespace

TEST_CASE("invariants: an answer without a request aborts, and names key and state") {
  const ended how = in_child([] {
    const candidate_rules rules(lease_rules(10s, 1s), 10s);
    candidate c(rules);
    candidate::name_by([](const candidate&) { return std::string("jobs/leader"); });
    c.session_ready("session-a");
    c.stand();
    c.read_answered(key_observation(), time_point(100s));
  });
  CHECK(how.signal == SIGABRT);
  CHECK(how.text.find("invariant violated: an answer belongs to a request in flight") !=
        std::string::npos);
  CHECK(how.text.find("election jobs/leader, stage none, stands, session session-a") !=
        std::string::npos);
}

TEST_CASE("invariants: the outcome of a claim that was never made aborts") {
  const ended how = in_child([] {
    const candidate_rules rules(lease_rules(10s, 1s), 10s);
    candidate c(rules);
    c.claim_unknown(time_point(100s), 0);
  });
  CHECK(how.signal == SIGABRT);
  CHECK(how.text.find("belongs to the claim in flight") != std::string::npos);
}

TEST_CASE("invariants: what may happen passes") {
  const ended how = in_child([] {
    const candidate_rules rules(lease_rules(10s, 1s), 10s);
    candidate c(rules);
    c.session_ready("session-a");
    c.stand();
    if (c.next(time_point(100s)) != action::wait) ::_exit(1);
  });
  CHECK(how.signal == 0);
  CHECK(how.text.empty());
}
