// The exit codes of commands that could not be started.
#include <catch2/catch_test_macros.hpp>
#include <cerrno>

#include "command/outcome.hpp"

TEST_CASE("a machine that lacks a resource is told apart from a program that cannot be run") {
  using tenure::command::outcome;
  const auto code_of = [](int error) {
    return outcome(outcome::kind::not_started, error).exit_code();
  };
  CHECK(code_of(ENOENT) == 127);
  CHECK(code_of(EACCES) == 126);
  CHECK(code_of(ENOEXEC) == 126);
  for (const int lacking : {EMFILE, ENFILE, EAGAIN, ENOMEM}) CHECK(code_of(lacking) == 71);
  outcome refused(outcome::kind::not_started, ENOMEM);
  refused.problem = "user 'nobody2' does not exist";
  CHECK(refused.exit_code() == 126);
}
