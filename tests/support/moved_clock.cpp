// Clocks that are wrong, for one process, as LD_PRELOAD. (A time namespace cannot do that: it has
// no CLOCK_REALTIME.) TENURE_TEST_CLOCK names a file of three 64-bit numbers, which a test may
// change while the process runs:
//   wall    nanoseconds by which CLOCK_REALTIME is ahead
//   rate    by how many millionths CLOCK_BOOTTIME is faster; fixed from the start on
//   since   the true CLOCK_BOOTTIME at which that began
// What chaos_replica and chaos_work write down is the true time: they ask the kernel directly.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

constexpr std::int64_t second = 1'000'000'000;

struct setting {
  std::atomic<std::int64_t> wall;
  std::int64_t rate;
  std::int64_t since;
};

const setting& current() noexcept {
  static const setting none{};
  static const setting* read = [] {
    const char* path = std::getenv("TENURE_TEST_CLOCK");
    const int file = path != nullptr ? ::open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return &none;
    void* at = ::mmap(nullptr, sizeof(setting), PROT_READ, MAP_SHARED, file, 0);
    ::close(file);
    return at != MAP_FAILED ? static_cast<const setting*>(at) : &none;
  }();
  return *read;
}

template <class F>
F* next(const char* name) noexcept {
  return reinterpret_cast<F*>(::dlsym(RTLD_NEXT, name));
}

std::int64_t ns_of(const timespec& t) noexcept { return t.tv_sec * second + t.tv_nsec; }

timespec time_of(std::int64_t ns) noexcept {
  timespec made{};
  made.tv_sec = ns / second;
  made.tv_nsec = ns % second;
  return made;
}

/// What a fast clock shows at a true time, and when it shows a time.
std::int64_t shown(std::int64_t real) noexcept {
  const setting& s = current();
  return s.rate == 0 ? real : real + (real - s.since) / 1'000 * s.rate / 1'000;
}
std::int64_t true_of(std::int64_t local) noexcept {
  const setting& s = current();
  if (s.rate == 0) return local;
  return s.since + static_cast<std::int64_t>(static_cast<double>(local - s.since) * 1e6 /
                                             static_cast<double>(1'000'000 + s.rate));
}

bool is_wall(clockid_t clock) noexcept {
  return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
}

constexpr int most_descriptors = 65536;
std::atomic<clockid_t> clock_of_timer[most_descriptors];

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* at) noexcept {
  static const auto real = next<int(clockid_t, timespec*)>("clock_gettime");
  const int result = real(clock, at);
  if (result != 0) return result;
  if (is_wall(clock)) *at = time_of(ns_of(*at) + current().wall.load(std::memory_order_relaxed));
  if (clock == CLOCK_BOOTTIME) *at = time_of(shown(ns_of(*at)));
  return 0;
}

int gettimeofday(timeval* at, void*) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  at->tv_sec = now.tv_sec;
  at->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t* at) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (at != nullptr) *at = now.tv_sec;
  return now.tv_sec;
}

int timerfd_create(clockid_t clock, int flags) noexcept {
  static const auto real = next<int(clockid_t, int)>("timerfd_create");
  const int made = real(clock, flags);
  if (made >= 0 && made < most_descriptors) clock_of_timer[made] = clock;
  return made;
}

int timerfd_settime(int timer, int flags, const itimerspec* when, itimerspec* old) noexcept {
  static const auto real = next<int(int, int, const itimerspec*, itimerspec*)>("timerfd_settime");
  itimerspec changed = *when;
  const bool armed = when->it_value.tv_sec != 0 || when->it_value.tv_nsec != 0;
  if (armed && (flags & TFD_TIMER_ABSTIME) != 0 && timer >= 0 && timer < most_descriptors) {
    const std::int64_t at = ns_of(when->it_value);
    if (clock_of_timer[timer] == CLOCK_REALTIME) changed.it_value = time_of(at - current().wall);
    if (clock_of_timer[timer] == CLOCK_BOOTTIME) changed.it_value = time_of(true_of(at));
  }
  return real(timer, flags, &changed, old);
}

}  // extern "C"
