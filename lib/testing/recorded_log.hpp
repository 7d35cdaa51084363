// The log lines of a world's processes, for world::log().
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <tenure/log.hpp>
#include <tenure/time.hpp>

#include "runtime/clock.hpp"

namespace tenure::testing {

/// Any thread.
class log_record {
 public:
  explicit log_record(std::shared_ptr<const runtime::clock> clock);
  /// Adds a line with the time since the record began.
  void add(std::string_view who, std::string_view line);
  std::string text() const;

 private:
  const std::shared_ptr<const runtime::clock> clock_;
  const time_point start_;
  mutable std::mutex mutex_;
  std::string text_;
};

/// A sink that records lines of level info and above, and passes all lines on.
std::shared_ptr<log_sink> recorded_log(std::shared_ptr<log_record> record, std::string who,
                                       std::shared_ptr<log_sink> next);

}  // namespace tenure::testing
