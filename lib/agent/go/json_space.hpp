#pragma once

namespace tenure::agent {

/// Whether JSON allows the character between its tokens.
constexpr bool is_json_space(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

}  // namespace tenure::agent
