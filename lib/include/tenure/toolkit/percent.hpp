// Percent-encoding of URLs (RFC 3986 section 2.1).
//
// Boost.URL offers the same two functions. It would cost every build seven seconds (url/src.hpp)
// and every program 200 KB: its parsers, which come with them, cannot be used here. They accept the
// grammar of RFC 3986 alone, and Consul, being a Go program, accepts much more: see
// agent/request_target.hpp and text/host_port.hpp.
//
// Part of tenure::toolkit, which this project's programs share with the library: no promise of
// stability between minor versions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tenure::text {

/// Encodes all but letters, digits, "-", "_", ".", "~" and the characters of `kept`.
std::string percent_encode(std::string_view text, std::string_view kept = {});

/// What a "+" means: itself, as in a path, or a space, as in a query.
enum class plus_sign : std::uint8_t { literal, space };

/// Nothing where a "%" is not followed by two hexadecimal digits.
std::optional<std::string> percent_decode(std::string_view text, plus_sign plus);

}  // namespace tenure::text
