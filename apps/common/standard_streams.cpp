#include "common/standard_streams.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "common/exit_codes.hpp"

namespace tenure::apps {

void open_standard_streams() {
  for (int number = STDIN_FILENO; number <= STDERR_FILENO; ++number) {
    if (::fcntl(number, F_GETFD) >= 0) continue;
    // The lowest free number is this one. Commands inherit it.
    if (::open("/dev/null", O_RDWR | O_NOCTTY) == number) continue;
    std::fprintf(stderr, "descriptor %d is closed, and /dev/null cannot be opened: %s\n", number,
                 std::strerror(errno));
    std::_Exit(exit_machine);
  }
}

}  // namespace tenure::apps
