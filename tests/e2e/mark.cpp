// The command of a leader in the tests. It writes to a file when it began, that it is alive, and
// when it ended.
//
//   mark FILE NAME HOLD_MS [ignore-term]
//
// Each line of FILE is "NANOSECONDS EVENT NAME PID FENCE", with the time of CLOCK_BOOTTIME. The
// events are begin, beat (every 5 ms), term (at SIGTERM) and end. It ends after HOLD_MS, or never
// if that is 0. A line is one write with O_APPEND, so the lines of all processes are in the order
// in which they were written.
#include <fcntl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

int file = -1;
const char* name = "";
volatile sig_atomic_t term_received = 0;

long long now_ns() {
  timespec t = {};
  ::clock_gettime(CLOCK_BOOTTIME, &t);
  return static_cast<long long>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

void append_line(const char* event) {
  const char* fence = std::getenv("TENURE_FENCE");
  char line[256];
  const int size = std::snprintf(line, sizeof line, "%lld %s %s %d %s\n", now_ns(), event, name,
                                 static_cast<int>(::getpid()), fence != nullptr ? fence : "-");
  if (::write(file, line, static_cast<std::size_t>(size)) != size) ::_exit(1);
}

void on_term(int) { term_received = 1; }

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 64;
  file = ::open(argv[1], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  name = argv[2];
  const long long hold_ns = std::atoll(argv[3]) * 1'000'000;
  const bool stubborn = argc > 4 && std::strcmp(argv[4], "ignore-term") == 0;
  struct sigaction action = {};
  action.sa_handler = &on_term;
  ::sigaction(SIGTERM, &action, nullptr);

  append_line("begin");
  const long long begin = now_ns();
  bool term_written = false;
  for (long long next = begin; hold_ns == 0 || now_ns() - begin < hold_ns; next += 5'000'000) {
    timespec pause = {};
    pause.tv_sec = next / 1'000'000'000;
    pause.tv_nsec = next % 1'000'000'000;
    ::clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &pause, nullptr);
    if (term_received != 0 && !term_written) {
      append_line("term");
      term_written = true;
      if (!stubborn) break;
    }
    append_line("beat");
  }
  append_line("end");
  return 0;
}
