// Where the library's metrics go: an interface for an embedder's own system, and a registry that
// counts and writes the text format of Prometheus.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <tenure/metric.hpp>
#include <tenure/time.hpp>

namespace tenure {

/// Gets every count, change and measurement of the elections objects whose options name it. Called
/// on the thread of their io_context, in the middle of their work: return at once, and call nothing
/// of tenure. Elections objects on several threads may share a sink that allows calls from all of
/// them.
class metrics_sink {
 public:
  virtual ~metrics_sink() = default;
  /// A counter grew by `n`.
  virtual void count(metric counter, std::uint64_t n) noexcept = 0;
  /// A gauge changed by `by`. Each gauge begins at 0, and the changes of all elections objects that
  /// share a sink add up. An elections object takes its part back at its shut-down.
  virtual void change(metric gauge, std::int64_t by) noexcept = 0;
  /// A time was measured for a histogram.
  virtual void record(metric histogram, duration measured) noexcept = 0;
};

/// Counts in atomics: no lock and no allocation. Any thread may call any member.
class metrics_registry final : public metrics_sink {
 public:
  /// The upper bounds of the buckets of all histograms. One more bucket has no bound.
  static constexpr std::array<duration, 15> bounds = {
      std::chrono::milliseconds(1),   std::chrono::microseconds(2500),
      std::chrono::milliseconds(5),   std::chrono::milliseconds(10),
      std::chrono::milliseconds(25),  std::chrono::milliseconds(50),
      std::chrono::milliseconds(100), std::chrono::milliseconds(250),
      std::chrono::milliseconds(500), std::chrono::seconds(1),
      std::chrono::milliseconds(2500), std::chrono::seconds(5),
      std::chrono::seconds(10),       std::chrono::seconds(30),
      std::chrono::seconds(60)};

  /// What a histogram has recorded.
  struct times {
    /// How many durations were at most bounds[i] and above the bound before it.
    std::array<std::uint64_t, bounds.size() + 1> buckets{};
    std::uint64_t count = 0;  ///< the sum of the buckets
    duration sum{0};          ///< of all durations
  };

  void count(metric counter, std::uint64_t n) noexcept override;
  void change(metric gauge, std::int64_t by) noexcept override;
  void record(metric histogram, duration measured) noexcept override;

  /// The present value of a counter or a gauge; 0 for a histogram.
  std::int64_t value(metric which) const noexcept;
  /// The sum of all series with the name of this one, such as those of all reasons.
  std::int64_t total(metric any_of_them) const noexcept;
  /// Of a histogram; empty for a counter or a gauge.
  times recorded(metric histogram) const noexcept;

  /// All metrics in the text format 0.0.4 of Prometheus. Every series is there from the start, with
  /// the value 0. Serve it as `text/plain; version=0.0.4; charset=utf-8`.
  std::string prometheus_text() const;

 private:
  static constexpr std::size_t histograms = [] {
    std::size_t n = 0;
    for (const metric_info& m : all_metrics) n += m.type == metric_type::histogram ? 1 : 0;
    return n;
  }();
  struct histogram_cells {
    std::array<std::atomic<std::uint64_t>, bounds.size() + 1> buckets{};
    std::atomic<std::int64_t> sum_ns{0};
  };
  static std::size_t place_of(metric histogram) noexcept;

  std::array<std::atomic<std::int64_t>, metric_count> values_{};
  std::array<histogram_cells, histograms> times_{};
};

}  // namespace tenure
