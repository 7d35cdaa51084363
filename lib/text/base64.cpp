#include <array>
#include <cstdint>
#include <tenure/toolkit/base64.hpp>

namespace tenure::text {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t invalid = 0xff;

constexpr std::array<std::uint8_t, 256> make_reverse() {
  std::array<std::uint8_t, 256> table{};
  table.fill(invalid);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return table;
}
constexpr auto reverse = make_reverse();

constexpr char letter(std::uint32_t bits) { return alphabet[bits & 63U]; }
constexpr char low_byte(std::uint32_t bits) {
  return static_cast<char>(static_cast<unsigned char>(bits & 255U));
}

}  // namespace

std::string base64_encode(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4, '=');
  const auto byte = [bytes](std::size_t i) -> std::uint32_t {
    return static_cast<unsigned char>(bytes[i]);
  };
  char* out = text.data();
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const std::uint32_t bits = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    *out++ = letter(bits >> 18);
    *out++ = letter(bits >> 12);
    *out++ = letter(bits >> 6);
    *out++ = letter(bits);
  }
  const std::size_t left = bytes.size() - i;
  if (left == 0) return text;
  const std::uint32_t bits = byte(i) << 16 | (left == 2 ? byte(i + 1) << 8 : 0);
  *out++ = letter(bits >> 18);
  *out++ = letter(bits >> 12);
  if (left == 2) *out = letter(bits >> 6);
  return text;
}

std::optional<std::string> base64_decode(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  unsigned letters = 0;  // of the current group of four
  unsigned padding = 0;
  for (const char c : text) {
    if (c == '\r' || c == '\n') continue;
    if (c == '=') {
      // Padding only completes a group that holds at least one byte.
      if (letters + padding < 2 || ++padding + letters > 4) return std::nullopt;
      continue;
    }
    const std::uint8_t six = reverse[static_cast<unsigned char>(c)];
    if (six == invalid || padding != 0) return std::nullopt;
    bits = bits << 6 | six;
    if (++letters < 4) continue;
    bytes += low_byte(bits >> 16);
    bytes += low_byte(bits >> 8);
    bytes += low_byte(bits);
    bits = 0;
    letters = 0;
  }
  if (letters == 0 && padding == 0) return bytes;
  if (letters + padding != 4) return std::nullopt;
  if (letters == 2) {
    bytes += low_byte(bits >> 4);
  } else {
    bytes += low_byte(bits >> 10);
    bytes += low_byte(bits >> 2);
  }
  return bytes;
}

}  // namespace tenure::text
