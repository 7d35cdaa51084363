// JSON strings, and text on one line, for what the programs print.
#pragma once

#include <string>
#include <string_view>

namespace tenure::apps {

/// `text` as a JSON string, quotes included. Bytes that are not UTF-8 become U+FFFD.
std::string json_string(std::string_view text);

/// `text` on one line: control characters and backslashes as \n, \t, \\ and \u001b.
std::string one_line(std::string_view text);

}  // namespace tenure::apps
