// Which characters Consul accepts in the path of a request.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tenure::text {

/// Go's unicode.IsPrint, except that it accepts unassigned code points: no control, format or
/// private characters, and no space but U+0020.
bool is_printable_point(std::uint32_t code_point) noexcept;

/// The first character that is not. Invalid UTF-8 counts as U+FFFD, which is printable.
std::optional<std::uint32_t> first_unprintable(std::string_view text) noexcept;

}  // namespace tenure::text
