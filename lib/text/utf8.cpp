#include "text/utf8.hpp"

#include <simdjson.h>

#include <algorithm>

#include "text/hex.hpp"

namespace tenure::text {

bool is_utf8(std::string_view text) noexcept {
  return simdjson::validate_utf8(text.data(), text.size());
}

std::uint32_t utf8_decode(std::string_view text, std::size_t length) noexcept {
  const auto bits = [text](std::size_t i, unsigned mask) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i]) & mask);
  };
  switch (length) {
    case 2: return bits(0, 0x1f) << 6 | bits(1, 0x3f);
    case 3: return bits(0, 0x0f) << 12 | bits(1, 0x3f) << 6 | bits(2, 0x3f);
    case 4:
      return bits(0, 0x07) << 18 | bits(1, 0x3f) << 12 | bits(2, 0x3f) << 6 | bits(3, 0x3f);
    default: return bits(0, 0xff);
  }
}

void utf8_append(std::string& out, std::uint32_t code_point) {
  const auto byte = [&out](std::uint32_t bits) {
    out += static_cast<char>(static_cast<unsigned char>(bits));
  };
  if (code_point < 0x80) {
    byte(code_point);
  } else if (code_point < 0x800) {
    byte(0xc0 | code_point >> 6);
    byte(0x80 | (code_point & 0x3f));
  } else if (code_point < 0x10000) {
    byte(0xe0 | code_point >> 12);
    byte(0x80 | (code_point >> 6 & 0x3f));
    byte(0x80 | (code_point & 0x3f));
  } else {
    byte(0xf0 | code_point >> 18);
    byte(0x80 | (code_point >> 12 & 0x3f));
    byte(0x80 | (code_point >> 6 & 0x3f));
    byte(0x80 | (code_point & 0x3f));
  }
}

std::size_t first_invalid(std::string_view text) noexcept {
  if (is_utf8(text)) return text.size();
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t length = utf8_length(text.substr(at));
    if (length == 0) break;
    at += length;
  }
  return at;
}

std::string with_visible_bytes(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length > 0) {
      out.append(text, 0, length);
    } else {
      out += "\\x";
      append_hex(out, text[0]);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

void append_repaired(std::string& out, std::string_view text) {
  if (is_utf8(text)) {
    out.append(text);
    return;
  }
  constexpr std::uint32_t replacement = 0xfffd;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length > 0) {
      out.append(text, 0, length);
    } else {
      utf8_append(out, replacement);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
}

}  // namespace tenure::text
