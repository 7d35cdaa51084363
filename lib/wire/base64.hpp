// Base64 with padding (RFC 4648 section 4), as Consul puts values into JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tenure::wire {

std::string base64_encode(std::string_view bytes);
/// Nothing where `text` is not base64.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace tenure::wire
