// Text of others that goes to a terminal.
#pragma once

#include <string>
#include <string_view>

namespace tenure::apps {

/// `text` with line breaks as \n and other control characters as \x1b, also those from U+0080 to
/// U+009F, so that it stays on its line and a terminal obeys none of them. Those in `kept` stay.
std::string with_visible_controls(std::string_view text, std::string_view kept = {});

}  // namespace tenure::apps
