// How much output the jobs of a tenant may write: `max_output`, in bytes a second.
#pragma once

#include <cstdint>
#include <optional>
#include <tenure/time.hpp>

namespace tenure::cron {

/// What was dropped since the last report.
class dropped_output {
 public:
  std::uint64_t lines = 0;
  std::uint64_t bytes = 0;
};

/// Pure: the caller passes the time.
class output_budget {
 public:
  /// Bytes a second; empty: no limit.
  explicit output_budget(std::optional<std::uint64_t> most) : most_(most) {}
  void set(std::optional<std::uint64_t> most) { most_ = most; }

  /// Whether a line may be written. If not, it counts as dropped.
  bool admit(std::uint64_t bytes, time_point now);

  /// What was dropped, at most once in ten seconds: the flood of a second is not one of log lines.
  /// `last`: no more output is expected for now, so report in any case.
  enum class when { due, last };
  std::optional<dropped_output> report(time_point now, when w);

 private:
  std::optional<std::uint64_t> most_;
  time_point second_ = time_point::min();  // when the present second began
  std::uint64_t written_ = 0;              // in it
  time_point reported_ = time_point::min();
  dropped_output dropped_;
};

}  // namespace tenure::cron
