// Values of options as Go's flag package reads them, for `tenure lock`.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <tenure/time.hpp>

namespace tenure::apps {

/// 1.5s, .5m, +5s, 1h30m; beyond Go's also whole days. Throws usage_error, also below zero.
duration parse_go_duration(std::string_view text);

/// 3, +3, 0x1f, 0b11, 0o17, 017, 1_000. Nothing for what is none, is below zero or overflows.
std::optional<std::uint64_t> parse_go_number(std::string_view text);

}  // namespace tenure::apps
