#include "core/util/session_id.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "text/hex.hpp"

namespace tenure::core {
namespace {

constexpr std::size_t uuid_length = 36;

constexpr bool dash_at(std::size_t i) noexcept {
  return i == 8 || i == 13 || i == 18 || i == 23;
}

// A bulk of elections reads and writes its session thousands of times: by tables.
constexpr std::uint8_t not_a_digit = 0xff;
constexpr std::array<std::uint8_t, 256> digit_values = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(not_a_digit);
  // Lower case only, so that text() is exact.
  for (std::size_t d = 0; d < 16; ++d) {
    values[static_cast<unsigned char>(text::hex_digits[d])] = static_cast<std::uint8_t>(d);
  }
  return values;
}();

// Where the digits of each half are.
constexpr std::array<std::uint8_t, 32> digit_places = [] {
  std::array<std::uint8_t, 32> places{};
  std::size_t next = 0;
  for (std::size_t i = 0; i < uuid_length; ++i) {
    if (!dash_at(i)) places[next++] = static_cast<std::uint8_t>(i);
  }
  return places;
}();
constexpr std::size_t digits_of_half = 16;

}  // namespace

session_id::session_id(std::string_view text) {
  if (text.empty()) return;
  if (text.size() == uuid_length && text[8] == '-' && text[13] == '-' && text[18] == '-' &&
      text[23] == '-') {
    unsigned seen = 0;
    const auto half = [&](std::size_t first) {
      std::uint64_t bits = 0;
      for (std::size_t d = first; d < first + digits_of_half; ++d) {
        const std::uint8_t value = digit_values[static_cast<unsigned char>(text[digit_places[d]])];
        seen |= value;
        bits = bits << 4 | (value & 15U);
      }
      return bits;
    };
    high_ = half(0);
    low_ = half(digits_of_half);
    if (seen != not_a_digit && (high_ | low_) != 0) return;
    high_ = low_ = 0;
  }
  other_ = std::make_unique<const std::string>(text);
}

session_id::session_id(const session_id& other)
    : high_(other.high_),
      low_(other.low_),
      other_(other.other_ ? std::make_unique<const std::string>(*other.other_) : nullptr) {}

session_id& session_id::operator=(const session_id& other) {
  if (this != &other) *this = session_id(other);
  return *this;
}

std::string session_id::text() const {
  if (other_) return *other_;
  if (empty()) return {};
  std::string out(uuid_length, '-');
  for (std::size_t d = 0; d < digits_of_half; ++d) {
    const std::size_t shift = 4 * (digits_of_half - 1 - d);
    out[digit_places[d]] = text::hex_digits[high_ >> shift & 15U];
    out[digit_places[digits_of_half + d]] = text::hex_digits[low_ >> shift & 15U];
  }
  return out;
}

}  // namespace tenure::core
