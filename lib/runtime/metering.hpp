// How the library reports its metrics: without a sink, each call is the test of a pointer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <tenure/metrics.hpp>
#include <utility>

#include "runtime/environment.hpp"

namespace tenure::runtime {

inline void count(const environment& env, metric counter, std::uint64_t n = 1) noexcept {
  if (env.metrics) env.metrics->count(counter, n);
}

inline void change(const environment& env, metric gauge, std::int64_t by) noexcept {
  if (env.metrics) env.metrics->change(gauge, by);
}

inline void record(const environment& env, metric histogram, duration measured) noexcept {
  if (env.metrics) env.metrics->record(histogram, measured);
}

/// What one object adds to a gauge: nothing at first, and nothing any more after its end.
class gauge_share {
 public:
  gauge_share(std::shared_ptr<metrics_sink> sink, metric gauge) noexcept
      : sink_(std::move(sink)), gauge_(gauge) {}
  gauge_share(const gauge_share&) = delete;
  gauge_share& operator=(const gauge_share&) = delete;
  ~gauge_share() { set(0); }

  void set(std::size_t now) noexcept {
    if (!sink_) return;
    const auto value = static_cast<std::int64_t>(now);
    const std::int64_t by = value - std::exchange(share_, value);
    if (by != 0) sink_->change(gauge_, by);
  }

 private:
  std::shared_ptr<metrics_sink> sink_;
  const metric gauge_;
  std::int64_t share_ = 0;
};

}  // namespace tenure::runtime
