#include "sim/skewed_clock.hpp"

namespace tenure::sim {

namespace {

constexpr std::int64_t million = 1'000'000;

}  // namespace

time_point skewed_clock::local(time_point true_time) const noexcept {
  const std::int64_t t = true_time.time_since_epoch().count();
  // In two parts, so that nothing overflows: rates are below 100,000 ppm.
  const std::int64_t drift = t / million * rate_ppm_ + t % million * rate_ppm_ / million;
  return time_point(duration(t + drift) + offset_);
}

time_point skewed_clock::to_true(time_point local_time) const noexcept {
  const std::int64_t wanted = (local_time.time_since_epoch() - offset_).count();
  const std::int64_t rate = million + rate_ppm_;
  std::int64_t t = wanted / rate * million + wanted % rate * million / rate;
  // Rounding errors are at most a few nanoseconds.
  while (local(time_point(duration(t))) >= local_time) --t;
  while (local(time_point(duration(t))) < local_time) ++t;
  return time_point(duration(t));
}

}  // namespace tenure::sim
