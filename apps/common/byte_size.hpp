// Numbers of bytes as people write them: 512, 64kB, 10MB, 1GiB.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tenure::apps {

/// A whole number and a unit: B (or none), kB, MB, GB (powers of 1000), KiB, MiB, GiB (powers of
/// 1024), in any case. Throws usage_error.
std::uint64_t parse_byte_size(std::string_view text);

}  // namespace tenure::apps
