// What the jobs of the chaos test run: appends one line to a file, by one write.
//
//   tick_mark FILE    job, tick, fence and pid
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : "-";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 64;
  const std::string line = variable("TENURE_JOB") + " " + variable("TENURE_TICK") + " " +
                           variable("TENURE_FENCE") + " " + std::to_string(::getpid()) + "\n";
  const int file = ::open(argv[1], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) return 1;
  return ::write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size()) ? 0 : 1;
}
