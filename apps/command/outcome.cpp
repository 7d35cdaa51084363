#include "command/outcome.hpp"

#include <cerrno>
#include <cstring>

#include "common/exit_codes.hpp"

namespace tenure::command {

const char* to_string(stop_cause cause) noexcept {
  switch (cause) {
    case stop_cause::none:
      break;
    case stop_cause::timeout:
      return "timeout";
    case stop_cause::lease:
      return "lease";
    case stop_cause::stop:
      return "stop";
    case stop_cause::kill:
      return "kill";
  }
  return "none";
}

int outcome::exit_code() const noexcept {
  switch (what) {
    case kind::exited:
      return number;
    case kind::signalled:
      return 128 + number;
    case kind::not_started:
      break;
  }
  if (!problem.empty()) return 126;
  switch (number) {
    case ENOENT:
      return 127;
    case EMFILE:
    case ENFILE:
    case EAGAIN:
    case ENOMEM:
      return apps::exit_machine;
    default:
      return 126;
  }
}

std::string outcome::text() const {
  switch (what) {
    case kind::exited:
      return "exited with " + std::to_string(number);
    case kind::signalled: {
      const char* name = ::sigabbrev_np(number);
      return "was ended by " + (name != nullptr ? "SIG" + std::string(name)
                                                : "signal " + std::to_string(number));
    }
    case kind::not_started:
      break;
  }
  const std::string failed = "could not be started: ";
  if (!problem.empty()) return failed + problem;
  if (number == ENOENT) return failed + "no such program";
  if (number == EACCES) return failed + "not an executable file";
  if (number == ENOEXEC) return failed + "not a program, or a script whose interpreter is missing";
  if (number == ETIME) return failed + "the lease was over";
  if (number == ECANCELED) return failed + "its runner was stopping";
  return failed + std::strerror(number);
}

}  // namespace tenure::command
