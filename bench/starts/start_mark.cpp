// start_mark DUE_NS [SLEEP_MS]: writes to standard output, as eight bytes, how many nanoseconds
// after DUE_NS of CLOCK_BOOTTIME it began; then sleeps, and ends.
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <ctime>

int main(int argc, char** argv) {
  timespec now = {};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  if (argc < 2) return 64;
  const std::int64_t late = now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec -
                            std::strtoll(argv[1], nullptr, 10);
  const bool written = ::write(STDOUT_FILENO, &late, sizeof late) == sizeof late;
  if (argc > 2) ::usleep(static_cast<useconds_t>(std::atoi(argv[2]) * 1000));
  return written ? 0 : 1;
}
