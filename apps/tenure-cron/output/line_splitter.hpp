// Cuts a stream of bytes into lines.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace tenure::cron {

/// A line of any length passes: a long one in parts, so that the memory stays bounded. No byte is
/// lost except line breaks (\n and \r\n), and no part ends within a UTF-8 character.
class line_splitter {
 public:
  static constexpr std::size_t longest_part = 16 * 1024;

  /// `goes_on`: the next part continues the line.
  using consumer = std::function<void(std::string_view part, bool goes_on)>;
  explicit line_splitter(consumer to) : to_(std::move(to)) {}

  void add(std::string_view bytes);
  /// The stream has ended: the rest without a line break is a line.
  void end();

 private:
  void pass_part();

  consumer to_;
  std::string line_;
  bool in_line_ = false;  // a part of this line has passed
};

}  // namespace tenure::cron
