// Text of others that goes to a terminal.
#pragma once

#include <string>
#include <string_view>

namespace tenure::apps {

/// `text` with line breaks as \n, and with every other character that a terminal would obey
/// (text::obeyed_length()) and every byte that is not UTF-8 as \x1b, so that it stays on its line.
/// Those in `kept` stay.
std::string with_visible_controls(std::string_view text, std::string_view kept = {});

/// `text` as the line of an error, without a line break at its end: with visible controls, and not
/// longer than a few lines of a terminal. What is too much is left out in the middle, because the
/// beginning says what is wrong and the end how to mend it.
std::string error_line(std::string_view text);

}  // namespace tenure::apps
