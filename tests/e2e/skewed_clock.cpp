// A wrong wall clock for one process, as LD_PRELOAD: CLOCK_REALTIME is off by so many milliseconds
// as TENURE_TEST_CLOCK_SKEW says. A time namespace cannot do that: it has no CLOCK_REALTIME.
#include <dlfcn.h>
#include <sys/time.h>
#include <sys/timerfd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

constexpr std::int64_t second = 1'000'000'000;

std::int64_t skew() noexcept {
  static const std::int64_t read = [] {
    const char* text = std::getenv("TENURE_TEST_CLOCK_SKEW");
    return text != nullptr ? std::strtoll(text, nullptr, 10) * 1'000'000 : 0;
  }();
  return read;
}

template <class F>
F* next(const char* name) noexcept {
  return reinterpret_cast<F*>(::dlsym(RTLD_NEXT, name));
}

timespec moved(const timespec& from, std::int64_t by) noexcept {
  const std::int64_t total = from.tv_sec * second + from.tv_nsec + by;
  timespec to{};
  to.tv_sec = total / second;
  to.tv_nsec = total % second;
  return to;
}

bool is_wall(clockid_t clock) noexcept {
  return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
}

/// Descriptors below this number may be timers of the wall clock.
constexpr int most_descriptors = 65536;
std::atomic<bool> wall_timers[most_descriptors];

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* at) noexcept {
  static const auto real = next<int(clockid_t, timespec*)>("clock_gettime");
  const int result = real(clock, at);
  if (result == 0 && is_wall(clock)) *at = moved(*at, skew());
  return result;
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
  if (made >= 0 && made < most_descriptors) wall_timers[made] = clock == CLOCK_REALTIME;
  return made;
}

int timerfd_settime(int timer, int flags, const itimerspec* when, itimerspec* old) noexcept {
  static const auto real =
      next<int(int, int, const itimerspec*, itimerspec*)>("timerfd_settime");
  itimerspec shifted = *when;
  const bool armed = when->it_value.tv_sec != 0 || when->it_value.tv_nsec != 0;
  const bool known = timer >= 0 && timer < most_descriptors && wall_timers[timer];
  if (known && armed && (flags & TFD_TIMER_ABSTIME) != 0)
    shifted.it_value = moved(when->it_value, -skew());
  return real(timer, flags, &shifted, old);
}

}  // extern "C"
