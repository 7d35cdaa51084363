// Base64 with padding (RFC 4648 section 4), the form of values in Consul's JSON.
//
// Part of tenure::toolkit, which this project's programs share with the library: no promise of
// stability between minor versions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tenure::text {

std::string base64_encode(std::string_view bytes);
/// Nothing where `text` is not base64. Line ends are ignored, as Go ignores them.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace tenure::text
