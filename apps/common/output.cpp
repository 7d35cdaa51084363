#include "common/output.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>

#include "common/exit_codes.hpp"
#include "common/log/line_writer.hpp"

namespace tenure::apps {
namespace {

/// Without the buffers of standard output, which cannot be written.
[[noreturn]] void end_unwritten(int error) {
  if (error == EPIPE) std::_Exit(exit_ok);
  print_error("%s: standard output cannot be written: %s\n", program_invocation_short_name,
              std::generic_category().message(error).c_str());
  standard_error().flush();
  std::_Exit(exit_machine);
}

}  // namespace

void print_line(const std::string& line) { print_text(line + '\n'); }

void print_text(const std::string& text) {
  // A value that another client has set may contain a NUL.
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) end_unwritten(errno);
}

void flush_output() {
  if (std::fflush(stdout) != 0) end_unwritten(errno);
}

}  // namespace tenure::apps
