// The last lines of a run, for its record.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tenure::cron {

class output_tail {
 public:
  static constexpr std::size_t most = 300;  ///< bytes

  /// A line, or a part of a long one.
  void add(std::string_view part, bool goes_on);

  /// Valid UTF-8 without control characters but tabs and line breaks, at most 300 bytes: whole
  /// lines if one fits, else the end of the last one.
  std::string text() const;

 private:
  std::string kept_;  // its last byte is a line break, unless the line goes on
};

}  // namespace tenure::cron
