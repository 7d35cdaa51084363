// One line of a job's output, as people and collectors read it.
#pragma once

#include <string>
#include <string_view>

namespace tenure::cron {

enum class output_format { text, json };
enum class output_stream { out, err };

/// Where a line comes from. `tenant` may be empty.
class line_origin {
 public:
  std::string tenant;
  std::string job;
  std::string tick;  ///< 2024-02-29T12:00:00Z
  std::string run_id;
  unsigned attempt = 1;
};

/// A line, or a part of a long one.
class output_line {
 public:
  output_stream stream = output_stream::out;
  std::string_view text;
  bool goes_on = false;   ///< the next part of this stream continues the same line
  std::string_view time;  ///< 2024-02-29T12:00:00.123Z
};

/// Appends the line with its line break. Text: `TIME [JOB TICK out] ...`, with `out+` if the line
/// goes on, and with control characters and bytes that are not UTF-8 as \x1b. JSON: one object,
/// bytes that are not UTF-8 as U+FFFD.
void append_line(std::string& to, output_format format, const line_origin& from,
                 const output_line& line);

/// `text` without anything that moves the cursor of a terminal or ends a string early: control
/// characters except the tab, and bytes that are not UTF-8, as \x1b.
std::string printable(std::string_view text);

}  // namespace tenure::cron
